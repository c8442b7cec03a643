import HostCompute

/// The memory that forward passes of one model work in; grows to the largest pass and is then reused.
///
/// The model's lock guards it.
final class Workspace: @unchecked Sendable {
    /// [tokens, C]: the residual stream.
    let stream: Activations
    /// [tokens, C]: a layer's input after normalisation.
    let normalized: Activations
    /// [tokens, C] each: the same after a token shift, for the three products of a block.
    let mixed: [Activations]
    /// [tokens, C]: what a layer adds to the stream.
    let update: Activations
    /// [tokens, A] each; receptance also holds the result of time mixing.
    let receptance: Activations, key: Activations, value: Activations
    /// [tokens, F]: inside channel mixing.
    let inner: Activations
    /// [tokens, C]: channel mixing's gate.
    let gate: Activations
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
        mixed = (0..<3).map { _ in Activations(width: width) }
        update = Activations(width: width)
        receptance = Activations(width: shape.attentionSize)
        key = Activations(width: shape.attentionSize)
        value = Activations(width: shape.attentionSize)
        inner = Activations(width: shape.feedForwardSize)
        gate = Activations(width: width)
        hidden = Activations(width: width)
        logits = Activations(width: shape.vocabularySize)
    }

    /// Bytes that passes of so many tokens, and so many rows of logits, come to need.
    static func byteCount(shape: ModelShape, tokens: Int, logitRows: Int) -> Int {
        let perToken = 8 * shape.hiddenSize + 3 * shape.attentionSize + shape.feedForwardSize
        return 4 * (tokens * perToken + logitRows * (shape.vocabularySize + shape.hiddenSize))
    }
}
