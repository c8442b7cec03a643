import HostCompute

/// The memory that forward passes of one model work in; grows to the largest pass and is then reused.
///
/// The model's lock guards it.
final class Workspace: @unchecked Sendable {
    /// [tokens, C]: the residual stream.
    let stream: Activations
    /// [tokens, C]: a layer's input after normalisation.
    let normalized: Activations
    /// [tokens, C] each: the same after a token shift, for the products of a block.
    let mixed: [Activations]
    /// [tokens, C]: what a layer adds to the stream.
    let update: Activations
    /// [tokens, A] each.
    let receptance: Activations, key: Activations, value: Activations
    /// [tokens, F]: inside channel mixing.
    let inner: Activations
    /// [tokens, C]: channel mixing's gate.
    let gate: Activations
    /// What the generation's time mixing needs beside these.
    let scratch: [Activations]
    /// [tokens, C]: the normalised embeddings, where channel mixing looks back at them; and what it needs then.
    let embedded: Activations, deepEmbed: [Activations]
    /// [rows wanted, C]: final hidden states.
    let hidden: Activations
    /// [rows wanted, V].
    let logits: Activations

    var batch = RowBatch()
    /// The part of each row of `batch` that the pass works on.
    var parts: [Part] = []
    /// The rows of the stream whose logits or hidden states are wanted.
    var wanted: [Int] = []
    /// Where each of them goes.
    var targets: [Target] = []

    /// Consecutive tokens of one caller's row.
    struct Part {
        let row: Int
        /// The first token's number in the caller's row.
        let offset: Int
        let count: Int
    }

    /// A token of a caller's row.
    struct Target {
        let row: Int
        let token: Int
    }

    init(shape: ModelShape) {
        let width = shape.hiddenSize
        stream = Activations(width: width)
        normalized = Activations(width: width)
        mixed = (0..<Self.mixedCount).map { _ in Activations(width: width) }
        update = Activations(width: width)
        receptance = Activations(width: shape.attentionSize)
        key = Activations(width: shape.attentionSize)
        value = Activations(width: shape.attentionSize)
        inner = Activations(width: shape.feedForwardSize)
        gate = Activations(width: width)
        scratch = shape.timeMix.scratchWidths(shape: shape).map { Activations(width: $0) }
        embedded = Activations(width: width)
        deepEmbed = shape.usesDeepEmbed ? DeepEmbed.scratchWidths(shape: shape).map { Activations(width: $0) } : []
        hidden = Activations(width: width)
        logits = Activations(width: shape.vocabularySize)
    }

    /// The most that a token shift makes; those that a generation does not use take no memory.
    static let mixedCount = 6

    /// Bytes that passes of so many tokens, and so many rows of logits, come to need.
    static func byteCount(shape: ModelShape, tokens: Int, logitRows: Int) -> Int {
        let mixed = max(shape.timeMix.shiftCount(shape: shape), 2)
        var perToken = (5 + mixed) * shape.hiddenSize + 3 * shape.attentionSize + shape.feedForwardSize
        perToken += shape.timeMix.scratchWidths(shape: shape).reduce(0, +)
        if shape.usesDeepEmbed { perToken += DeepEmbed.scratchWidths(shape: shape).reduce(shape.hiddenSize, +) }
        return 4 * (tokens * perToken + logitRows * (shape.vocabularySize + shape.hiddenSize))
    }
}
