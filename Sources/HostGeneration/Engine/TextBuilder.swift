import HostConstraints
import HostCore

/// From logits to tokens, text and an ending; the part of a sequence that begins when its prompt has been read.
struct TextBuilder {
    struct Step {
        /// Nil when the model ended the text instead of writing a token.
        var report: TokenReport?
        /// Why nothing follows, if nothing does.
        var ending: FinishReason?
    }

    private(set) var tokenCount = 0
    /// The stop string that was found.
    private(set) var stopString: String?
    private let maxTokens: Int?
    private let endOfText: Set<TokenID>
    private let topLogprobs: Int?
    private let vocabularySize: Int
    private var chain: ProcessorChain
    private var text: TextAssembler
    /// Sees the present step's logits before penalties and filters change them.
    private var table: LogprobTable?
    /// Those logits.
    private var adjusted: [Float] = []

    init(
        _ request: GenerationRequest, prompt: [TokenID], loaded: LoadedModel, constraint: ConstraintMatcher? = nil
    ) {
        maxTokens = request.maxTokens
        endOfText = request.stopTokens.union(loaded.promptFormat.endOfTextTokens)
        topLogprobs = request.topLogprobs
        vocabularySize = loaded.model.vocabularySize
        chain = ProcessorChain(request.sampling, context: .init(loaded, constraint: constraint), extra: request.makeProcessors())
        chain.promptSeen(prompt)
        text = TextAssembler(
            tokenizer: loaded.tokenizer, stopStrings: request.stopStrings,
            skipsSpecialTokens: request.skipsSpecialTokens)
    }

    /// Where the text is in the form that it must have.
    var constraint: ConstraintMatcher? { chain.constraint }

    /// How many tokens may still be written; nil where nothing bounds them.
    var tokensLeft: Int? { maxTokens.map { $0 - tokenCount } }

    /// Chooses the next token.
    ///
    /// - Throws: `GenerationError.nonFinite`; `.invalidParameter` when bans and filters leave no token, or a constraint
    ///   cannot go on.
    mutating func write(_ logits: inout [Float], state: any RecurrentState) throws(GenerationError) -> Step {
        // A form without any text.
        if mustEnd { return Step(report: nil, ending: .stop) }
        try process(&logits, state: state)
        return accept(chain.sample(logits))
    }

    /// Turns the model's logits into what a token is chosen from.
    ///
    /// - Parameter state: the one that they come from, to find where numbers went wrong.
    mutating func process(_ logits: inout [Float], state: any RecurrentState) throws(GenerationError) {
        try LogitsCheck.finite(logits, count: vocabularySize, state: state)
        try chain.constrain(&logits)
        chain.adjust(&logits)
        table = topLogprobs.map { LogprobTable(logits, count: $0) }
        if table != nil { keep(logits) }
        chain.filter(&logits)
        try LogitsCheck.someRemain(logits)
    }

    /// Writes the token that was chosen from the logits processed last.
    mutating func accept(_ token: TokenID) -> Step {
        if endOfText.contains(token) { return Step(report: nil, ending: .stop) }
        chain.tokenChosen(token)
        var step = append(token, logprobs: table?.report(token, logit: adjusted[token]))
        if mustEnd { step.ending = .stop }
        return step
    }

    /// Whether the text is complete in the form that it must have.
    var mustEnd: Bool { chain.mustEnd }

    /// Writes a token that was chosen elsewhere.
    mutating func append(_ token: TokenID, logprobs: TokenLogprobs?) -> Step {
        tokenCount += 1
        let (piece, stop) = text.append(token)
        stopString = stop
        let report = TokenReport(token: token, text: piece, logprobs: logprobs)
        if stop != nil { return Step(report: report, ending: .stop) }
        return Step(report: report, ending: tokenCount == maxTokens ? .length : nil)
    }

    /// Gives what was held back; may find a stop string that a longer one had kept open.
    mutating func flush() -> String {
        guard stopString == nil else { return "" }
        let (rest, stop) = text.flush()
        stopString = stop
        return rest
    }

    /// Copies into storage that lasts, so that a step allocates nothing of the size of the vocabulary.
    private mutating func keep(_ logits: borrowing [Float]) {
        if adjusted.count != logits.count { adjusted = [Float](repeating: 0, count: logits.count) }
        for token in logits.indices { adjusted[token] = logits[token] }
    }
}

extension ProcessorChain.Context {
    init(_ loaded: LoadedModel, constraint: ConstraintMatcher? = nil) {
        self.init(
            endOfText: loaded.promptFormat.endOfTextTokens, tokenizer: loaded.tokenizer, constraint: constraint)
    }
}
