package import HostCore

/// The sizes of a model, read from its tensors.
package struct ModelShape: Sendable, Hashable {
    package let generation: Generation
    package let layerCount: Int
    /// C: the length of the residual stream.
    package let hiddenSize: Int
    /// A: the length of keys and values; equal to C in every published model.
    package let attentionSize: Int
    /// F: the inner length of channel mixing.
    package let feedForwardSize: Int
    /// V: the number of logits.
    package let vocabularySize: Int
}

extension ModelShape {
    /// Finds out what a checkpoint holds, and makes sure that it holds all of that and nothing else.
    ///
    /// - Throws: `LoadError` when it is no RWKV model, another generation than the host runs, or when tensors are missing,
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
        let first = Self.firstBlock(of: checkpoint, names: names)
        guard let generation = Generation(firstBlock: first) else {
            throw LoadError(
                .unsupported, checkpoint.format,
                "blocks.0 has the marks of no RWKV generation that the host knows, or of several at once: "
                    + list(first.keys.sorted(), limit: 12))
        }
        guard generation.timeMix != nil else {
            throw LoadError(
                .unsupported, "RWKV-\(generation.rawValue)", "this version of the host runs RWKV-4 only",
                advice: "Use an RWKV-4 model for now")
        }
        // Every size below is made of these two and of checked shapes, so no product of them can overflow.
        guard embedding.count == 2, embedding.allSatisfy({ (1...Self.greatestSize).contains($0) }) else {
            throw LoadError(.mismatch, TensorName.embedding, "has shape \(embedding), expected [vocabulary, width]")
        }
        self.generation = generation
        layerCount = blocks
        vocabularySize = embedding[0]
        hiddenSize = embedding[1]
        attentionSize = first["att.key.weight"]?.first ?? hiddenSize
        feedForwardSize = first["ffn.key.weight"]?.first ?? 4 * hiddenSize
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

    /// Shapes of the first block's tensors under their last parts.
    private static func firstBlock(of checkpoint: any Checkpoint, names: [String]) -> [String: [Int]] {
        var shapes: [String: [Int]] = [:]
        for name in names where name.hasPrefix("blocks.0.") {
            shapes[String(name.dropFirst("blocks.0.".count))] = checkpoint.shape(of: name)
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
