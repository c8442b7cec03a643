package import HostCore

/// The sizes of a model, read from its tensors.
package struct ModelShape: Sendable, Hashable {
    package let generation: RWKVVersion
    package let layerCount: Int
    /// C: the length of the residual stream.
    package let hiddenSize: Int
    /// A: the length of keys and values; equal to C in every published model.
    package let attentionSize: Int
    /// F: the inner length of channel mixing.
    package let feedForwardSize: Int
    /// V: the number of logits.
    package let vocabularySize: Int
    /// H: the matrices of a layer's state; 0 in RWKV-4, which has none.
    package let headCount: Int
    /// Whether the rows of the embedding need `ln0`, which is there then.
    let normalisesEmbedding: Bool
    /// Shapes of a block's tensors, named without the block in front; of the second where the first lacks one.
    let blockShapes: [String: [Int]]

    /// N: rows and columns of each matrix.
    package var headSize: Int { headCount > 0 ? attentionSize / headCount : 0 }

    /// The inner size of a low-rank matrix, from the shape of its second factor.
    func rank(_ part: String) -> Int { blockShapes[part].flatMap { $0.count >= 2 ? $0[$0.count - 2] : nil } ?? 1 }
}

extension ModelShape {
    /// Finds out what a checkpoint holds, and makes sure that it holds all of that and nothing else.
    ///
    /// - Throws: `LoadError` when it is not an RWKV model, is of a generation that the host does not run, or when tensors are missing,
    ///   left over or of a wrong shape; the message lists them.
    package init(of checkpoint: any Checkpoint) throws(LoadError) {
        let names = checkpoint.names
        guard let embedding = checkpoint.shape(of: TensorName.embedding) else {
            throw LoadError(
                .unrecognised, checkpoint.format,
                "no RWKV model: there is no tensor \(TensorName.embedding) among its \(names.count) tensors\(examples(of: names))")
        }
        // The package stores an int8 matrix beside its scales `…_mx`, `…_rx` and so on.
        if let scale = names.first(where: { $0.hasSuffix(".weight_mx") }) {
            throw LoadError(
                .unsupported, scale, "the rwkv package has converted this file for one strategy",
                advice: "Use the original file; the host quantises while it loads")
        }
        let blocks = try Self.blockCount(names)
        let first = Self.shapes(of: checkpoint, block: 0)
        guard let generation = RWKVVersion(firstBlock: first) else {
            throw LoadError(
                .unsupported, checkpoint.format,
                "blocks.0 has the marks of no RWKV generation that the host knows, or of several at once: "
                    + list(first.keys.sorted(), limit: 12))
        }
        // Every size below is one of these, of a tensor whose bytes are there, so no product of two can overflow.
        guard embedding.count == 2, embedding.allSatisfy({ (1...Self.greatestSize).contains($0) }) else {
            throw LoadError(.mismatch, TensorName.embedding, "has shape \(embedding), expected [vocabulary, width]")
        }
        let second = Self.shapes(of: checkpoint, block: 1)
        for (number, shapes) in [first, second].enumerated() {
            guard let (name, shape) = shapes.first(where: { $0.value.contains { !(1...Self.greatestSize).contains($0) } })
            else { continue }
            throw LoadError(
                .mismatch, TensorName.block(number, name), "has the impossible shape \(shape)",
                advice: "The file is damaged; download it again")
        }
        self.generation = generation
        layerCount = blocks
        vocabularySize = embedding[0]
        hiddenSize = embedding[1]
        attentionSize = first["att.key.weight"]?.first ?? hiddenSize
        feedForwardSize = first["ffn.key.weight"]?.first ?? 4 * hiddenSize
        headCount = try Self.headCount(generation, first, attentionSize: attentionSize)
        normalisesEmbedding = !checkpoint.isEmbeddingNormalised
        blockShapes = first.merging(second) { first, _ in first }
        try check(checkpoint)
    }

    private static let greatestSize = 1 << 24

    /// The number of blocks, when they are numbered 0, 1, 2 and so on.
    private static func blockCount(_ names: [String]) throws(LoadError) -> Int {
        let numbers = Set(names.compactMap(TensorName.block(of:)))
        guard let greatest = numbers.max() else {
            throw LoadError(.unrecognised, TensorName.embedding, "no RWKV model: there is no block beside the embedding")
        }
        // A number in a name may be as great as it likes: count what is there, do not enumerate up to it.
        guard greatest == numbers.count - 1 else {
            let missing = (0..<numbers.count).first { !numbers.contains($0) } ?? 0
            throw LoadError(
                .missingTensor, "blocks.\(missing)",
                "the file has blocks up to number \(greatest), but none of number \(missing); \(numbers.count) are there",
                advice: "The file is incomplete; download it again")
        }
        return numbers.count
    }

    /// The greatest head of a published model is 64; a state grows with its square.
    private static let greatestHeadSize = 256

    private static func headCount(
        _ generation: RWKVVersion, _ first: [String: [Int]], attentionSize: Int
    ) throws(LoadError) -> Int {
        guard let name = generation.parts.headTensor else { return 0 }
        let shape = first[name] ?? []
        // A row of numbers for each head, or one number.
        let heads = shape.count == 2 ? shape[0] : shape.first { $0 != 1 } ?? 1
        guard !shape.isEmpty, attentionSize % heads == 0 else {
            throw LoadError(
                .mismatch, TensorName.block(0, name),
                "has shape \(shape), so there would be \(heads) heads, which do not divide the \(attentionSize) channels",
                advice: "The file is damaged, or holds a variant that the host does not know")
        }
        guard attentionSize / heads <= greatestHeadSize else {
            throw LoadError(
                .unsupported, TensorName.block(0, name),
                "has shape \(shape): heads of \(attentionSize / heads) channels; the host runs up to \(greatestHeadSize)")
        }
        return heads
    }

    /// Shapes of a block's tensors under their last parts.
    private static func shapes(of checkpoint: any Checkpoint, block: Int) -> [String: [Int]] {
        let prefix = "blocks.\(block)."
        var shapes: [String: [Int]] = [:]
        for name in checkpoint.names where name.hasPrefix(prefix) {
            shapes[String(name.dropFirst(prefix.count))] = checkpoint.shape(of: name)
        }
        return shapes
    }
}

/// Up to `limit` names, and how many more there are.
func list(_ names: [String], limit: Int = 8) -> String {
    let shown = names.prefix(limit).joined(separator: ", ")
    return names.count > limit ? "\(shown) and \(names.count - limit) more" : shown
}

private func examples(of names: [String]) -> String {
    names.isEmpty ? "" : ", such as " + names.prefix(3).joined(separator: ", ")
}
