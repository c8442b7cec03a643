/// Every knob of sampling with its default and its range; the only place where they are written down.
///
/// Names and meanings: text-generation-webui's generation parameters; penalties with decay: ChatRWKV's
/// `PIPELINE_ARGS`. A default is the value that changes nothing.
public struct SamplingParameters: Sendable, Hashable {
    /// In which order the filters and the temperature act.
    public enum Order: String, Sendable, Hashable, CaseIterable {
        /// Temperature first, then each filter on what the one before left, as transformers does.
        case transformers
        /// The filters on the model's own distribution, the temperature last, as the `rwkv` package does.
        case rwkv
    }

    public var order = Order.transformers

    // Which tokens may be chosen at all; log-probabilities are told after these.

    /// Added to single logits before everything else.
    public var logitBias: [TokenID: Double] = [:]
    /// Tokens that are never chosen.
    public var bannedTokens: Set<TokenID> = []
    /// Never ends the text by itself.
    public var bansEndOfText = false
    /// The text does not end by itself before prompt and text together have this many tokens.
    public var minLength: Int = 0

    // Penalties, which act at every temperature.

    /// Above 1, makes the tokens of the prompt more likely; 1 changes nothing.
    public var encoderRepetitionPenalty: Double = 1
    /// Divides (or multiplies, where negative) the logits of tokens in prompt and text; 1 changes nothing.
    public var repetitionPenalty: Double = 1
    /// Subtracted once from the logits of tokens that were generated.
    public var presencePenalty: Double = 0
    /// Subtracted for each time that a token was generated.
    public var frequencyPenalty: Double = 0
    /// What past occurrences weigh after each further token; 1 never forgets, RWKV's custom is 0.996.
    public var penaltyDecay: Double = 1
    /// Whether digits and blanks count nothing towards `frequencyPenalty`, as in the `rwkv` package, so that numbers and
    /// indented code are not driven away.
    public var sparesDigitsAndBlanks = false
    /// No run of this many tokens appears twice in prompt and text; 0 allows all.
    public var noRepeatNgramSize: Int = 0

    // The temperature and the filters, which act only above temperature 0.

    /// Divides the logits; 0 takes the most likely token.
    public var temperature: Double = 1
    /// Keeps the `topK` most likely tokens; 0 keeps all.
    public var topK: Int = 0
    /// Keeps the smallest set of most likely tokens with at least this mass; 1 keeps all.
    public var topP: Double = 1
    /// Keeps tokens of which the mass around the expected surprise sums up to this; 1 keeps all.
    public var typicalP: Double = 1
    /// Removes tokens less likely than this many ten-thousandths; 0 keeps all.
    public var epsilonCutoff: Double = 0
    /// The same bound, lowered where the distribution is flat; 0 keeps all.
    public var etaCutoff: Double = 0
    /// Tail-free sampling: keeps this share of the curvature of the sorted probabilities; 1 keeps all.
    public var tfs: Double = 1
    /// Removes tokens less likely than this times the square of the greatest probability; 0 keeps all.
    public var topA: Double = 0
    /// Removes tokens less likely than this times the greatest probability; 0 keeps all.
    public var minP: Double = 0

    /// Makes a text repeatable; nil draws a seed.
    public var seed: UInt64?

    public init() {}

    /// - Throws: `GenerationError.invalidParameter`, naming the parameter, its range and its value.
    public func validate() throws(GenerationError) {
        try check("temperature", temperature, in: 0...1e9)
        try check("top_p", topP, in: 0...1)
        try check("min_p", minP, in: 0...1)
        try check("typical_p", typicalP, in: 0...1)
        try check("epsilon_cutoff", epsilonCutoff, in: 0...1e4)
        try check("eta_cutoff", etaCutoff, in: 0...1e4)
        try check("tfs", tfs, in: 0...1)
        try check("top_a", topA, in: 0...1)
        try check("encoder_repetition_penalty", encoderRepetitionPenalty, in: 1e-3...1e3)
        try check("repetition_penalty", repetitionPenalty, in: 1e-3...1e3)
        try check("presence_penalty", presencePenalty, in: -100...100)
        try check("frequency_penalty", frequencyPenalty, in: -100...100)
        try check("penalty_decay", penaltyDecay, in: 0...1)
        for bias in logitBias.values { try check("logit_bias", bias, in: -1e10...1e10) }
        try check("top_k", topK)
        try check("no_repeat_ngram_size", noRepeatNgramSize)
        try check("min_length", minLength)
    }

    private func check(_ name: String, _ value: Int) throws(GenerationError) {
        guard value >= 0 else {
            throw GenerationError(.invalidParameter, name, "must be 0 (off) or more, not \(value)")
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
