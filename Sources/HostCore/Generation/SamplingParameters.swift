/// Every knob of sampling with its default and its range; the only place where they are written down.
///
/// Names and meanings: text-generation-webui's generation parameters; penalties with decay: ChatRWKV's
/// `PIPELINE_ARGS`. A default is the value that changes nothing.
public struct SamplingParameters: Sendable, Hashable {
    /// Divides the logits; 0 takes the most likely token.
    public var temperature: Double = 1
    /// Keeps the `topK` most likely tokens; 0 keeps all.
    public var topK: Int = 0
    /// Keeps the smallest set of most likely tokens with at least this mass; 1 keeps all.
    public var topP: Double = 1
    /// Divides (or multiplies, where negative) the logits of tokens in prompt and text; 1 changes nothing.
    public var repetitionPenalty: Double = 1
    /// Subtracted once from the logits of tokens that were generated.
    public var presencePenalty: Double = 0
    /// Subtracted for each time that a token was generated.
    public var frequencyPenalty: Double = 0
    /// What past occurrences weigh after each further token; 1 never forgets, RWKV's custom is 0.996.
    public var penaltyDecay: Double = 1
    /// Added to single logits before everything else.
    public var logitBias: [TokenID: Double] = [:]
    /// Tokens that are never chosen.
    public var bannedTokens: Set<TokenID> = []
    /// Never ends the text by itself.
    public var bansEndOfText = false
    /// Makes a text repeatable; nil draws a seed.
    public var seed: UInt64?

    public init() {}

    /// - Throws: `GenerationError.invalidParameter`, naming the parameter, its range and its value.
    public func validate() throws(GenerationError) {
        try check("temperature", temperature, in: 0...1e9)
        try check("top_p", topP, in: 0...1)
        try check("repetition_penalty", repetitionPenalty, in: 1e-3...1e3)
        try check("presence_penalty", presencePenalty, in: -100...100)
        try check("frequency_penalty", frequencyPenalty, in: -100...100)
        try check("penalty_decay", penaltyDecay, in: 0...1)
        if topK < 0 {
            throw GenerationError(.invalidParameter, "top_k", "must be 0 (off) or more, not \(topK)")
        }
    }

    private func check(
        _ name: String, _ value: Double, in range: ClosedRange<Double>
    ) throws(GenerationError) {
        // A NaN is in no range.
        guard range.contains(value) else {
            throw GenerationError(
                .invalidParameter, name, "must be between \(range.lowerBound) and \(range.upperBound), not \(value)")
        }
    }
}
