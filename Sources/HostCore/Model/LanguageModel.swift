/// Immutable weights that turn tokens and a state into logits; knows nothing of text, sampling or requests.
///
/// An implementation must pass this check, whatever else shares the batch:
///
/// ```swift
/// var together = [entry(a), entry(b)], alone = [entry(a)]
/// try model.forward(&together); try model.forward(&alone)
/// #expect(together[0].logits ≈ alone[0].logits)
/// ```
public protocol LanguageModel: AnyObject, Sendable {
    /// The number of logits of one token.
    var vocabularySize: Int { get }

    /// The length of a final hidden state.
    var hiddenSize: Int { get }

    /// Prompt tokens that are best read at a time, where other sequences wait for their next token.
    var promptChunk: Int { get }

    /// How many entries of one call may go on from one another (`BatchEntry.continuesPrevious`) and still give the very bits
    /// that their tokens give one call after the other; 1 where none may.
    var longestChain: Int { get }

    /// A state that has read nothing.
    func makeState() -> any RecurrentState

    /// Feeds every entry's tokens to its state, all entries in one pass, and fills in what each asked for.
    ///
    /// Entries may differ in length. Two of them must not share a state. Calls are synchronous, may take long, and come from
    /// one thread at a time.
    ///
    /// NaN and infinity are put out as they are: one entry's trouble is not the others', and the engine checks.
    ///
    /// - Throws: `GenerationError` for a token outside the vocabulary, an entry without tokens, or a state of another model,
    ///   and `.overloaded` when memory runs out; then no state has advanced. Where a device fails in the middle, `.device`;
    ///   then the states of these entries are lost, and the model may be tried again with others.
    /// - Cost: the weights are streamed once for the whole batch.
    func forward(_ batch: inout [BatchEntry]) throws(GenerationError)

    /// Makes sure that the files which weights are used in place from are as they were at the load; every `forward` of such
    /// a model does so, too. Called from any thread.
    ///
    /// - Throws: `GenerationError.device` with the file; every pass would fail with the same.
    func checkFiles() throws(GenerationError)
}

extension LanguageModel {
    /// Right for a model that is all in memory of its own.
    public func checkFiles() throws(GenerationError) {}
}

extension LanguageModel {
    public var promptChunk: Int { 256 }

    public var longestChain: Int { 1 }
}

/// One sequence's part of a batch.
public struct BatchEntry {
    /// What an entry wants back.
    public enum Output: Sendable, Hashable {
        /// Only the state advances.
        case none
        /// The logits after the last token.
        case lastLogits
        /// The logits after every token.
        case allLogits
        /// The final hidden state (after `ln_out`) of the last token.
        case lastHidden
        /// The final hidden states (after `ln_out`) of every token.
        case allHidden
        /// The logits after the last token, and the final hidden states of every token.
        case lastLogitsAndAllHidden

        /// Whether the logits after the last token are wanted, and no others.
        public var wantsLastLogits: Bool { self == .lastLogits || self == .lastLogitsAndAllHidden }

        /// Whether the final hidden states of every token are wanted.
        public var wantsAllHidden: Bool { self == .allHidden || self == .lastLogitsAndAllHidden }

        /// The same of tokens that others follow.
        public var beforeTheEnd: Output {
            switch self {
            case .none, .lastLogits, .lastHidden: .none
            case .allLogits: .allLogits
            case .allHidden, .lastLogitsAndAllHidden: .allHidden
            }
        }
    }

    /// At least one token to feed.
    public var tokens: [TokenID]
    /// Advanced in place.
    public var state: any RecurrentState
    /// What the entry wants back.
    public var output: Output
    /// Goes on from the entry before: whatever the state held, it becomes that entry's state advanced by this entry's token,
    /// while that entry's own stays as it is after its token. Both have one token; `LanguageModel.longestChain` says how many
    /// may follow one another so.
    public var continuesPrevious = false
    /// Filled by `forward`: [vocabulary] or [tokens × vocabulary], row-major; its storage is reused from step to step.
    public var logits: [Float] = []
    /// Filled by `forward`: [hidden] or [tokens × hidden], row-major.
    public var hidden: [Float] = []

    public init(tokens: [TokenID], state: any RecurrentState, output: Output) {
        self.tokens = tokens
        self.state = state
        self.output = output
    }

    /// Fills in what the entry asked for, for models that go token by token.
    ///
    /// - Parameter next: advances the state by one token and gives logits [vocabulary] and final hidden state [hidden].
    public mutating func fill(
        _ next: (TokenID) throws(GenerationError) -> (logits: [Float], hidden: [Float])
    ) throws(GenerationError) {
        logits.removeAll(keepingCapacity: true)
        hidden.removeAll(keepingCapacity: true)
        for (position, token) in tokens.enumerated() {
            let (stepLogits, stepHidden) = try next(token)
            let isLast = position == tokens.count - 1
            if output == .allLogits || isLast && output.wantsLastLogits { logits += stepLogits }
            if output.wantsAllHidden || isLast && output == .lastHidden { hidden += stepHidden }
        }
    }
}
