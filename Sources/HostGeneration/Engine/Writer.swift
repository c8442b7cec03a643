import HostCore

/// From logits to tokens, text and an ending; the part of a sequence that begins when its prompt has been read.
struct Writer {
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
    private let endOfText: [TokenID]
    private let topLogprobs: Int?
    private let vocabularySize: Int
    private var chain: ProcessorChain
    private var text: TextAssembler
    /// The logits that log-probabilities are told of, kept while the chain changes the original.
    private var adjusted: [Float] = []

    init(
        _ request: GenerationRequest, prompt: [TokenID], loaded: LoadedModel, constraint: ConstraintMatcher? = nil
    ) {
        maxTokens = request.maxTokens
        endOfText = loaded.prompting.endOfTextTokens
        topLogprobs = request.topLogprobs
        vocabularySize = loaded.model.vocabularySize
        chain = ProcessorChain(request.sampling, context: .init(loaded, constraint: constraint))
        chain.promptSeen(prompt)
        text = TextAssembler(
            tokenizer: loaded.tokenizer, stopStrings: request.stopStrings,
            skipsSpecialTokens: request.skipsSpecialTokens)
    }

    /// Chooses the next token.
    ///
    /// - Throws: `GenerationError.nonFinite`; `.invalidParameter` when bans and filters leave no token, or a constraint
    ///   cannot go on.
    mutating func write(_ logits: inout [Float]) throws(GenerationError) -> Step {
        try LogitsCheck.finite(logits, count: vocabularySize)
        // A form without any text.
        if chain.mustEnd { return Step(report: nil, ending: .stop) }
        try chain.constrain(&logits)
        chain.adjust(&logits)
        let table = topLogprobs.map { LogprobTable(logits, count: $0) }
        if table != nil { keep(logits) }
        chain.filter(&logits)
        try LogitsCheck.someRemain(logits)
        let token = chain.sample(logits)
        if endOfText.contains(token) { return Step(report: nil, ending: .stop) }
        chain.tokenChosen(token)
        tokenCount += 1
        let (piece, stop) = text.append(token)
        stopString = stop
        let report = TokenReport(
            token: token, text: piece, logprobs: table?.report(token, logit: adjusted[token]))
        if stop != nil || chain.mustEnd { return Step(report: report, ending: .stop) }
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

/// What logits must satisfy at two moments of a step.
enum LogitsCheck {
    /// - Throws: `GenerationError.nonFinite`, or `.device` when there are not as many as the vocabulary has.
    static func finite(_ logits: borrowing [Float], count: Int) throws(GenerationError) {
        guard logits.count == count else {
            throw GenerationError(.device, "logits", "the model gave \(logits.count), its vocabulary has \(count)")
        }
        guard Softmax.areFinite(logits) else {
            throw GenerationError(
                .nonFinite, "logits", "the model put out NaN or infinity",
                advice: "The weights may be damaged, or overflow fp16: try bf16 or fp32 in the strategy.")
        }
    }

    static func someRemain(_ logits: borrowing [Float]) throws(GenerationError) {
        guard Softmax.maximum(logits) > -.infinity else {
            throw GenerationError(.invalidParameter, "sampling", "bans and filters together leave no token to choose")
        }
    }
}

extension ProcessorChain.Context {
    init(_ loaded: LoadedModel, constraint: ConstraintMatcher? = nil) {
        self.init(
            endOfText: loaded.prompting.endOfTextTokens, tokenizer: loaded.tokenizer, constraint: constraint)
    }
}
