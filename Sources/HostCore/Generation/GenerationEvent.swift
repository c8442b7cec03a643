/// What a generation reports, in order: `progress` now and then if asked, `prompt` once, `token` for each new token,
/// `finished` once.
///
/// Streaming and blocking answers render these same events.
public enum GenerationEvent: Sendable {
    /// How many tokens of the prompt have been read, and of how many.
    case progress(read: Int, total: Int)
    /// The prompt has been read.
    case prompt(PromptReport)
    /// A token was chosen. Its text may be empty while bytes are held back (half a character, or what may become a stop
    /// string); held text comes with a later token or with `finished`.
    case token(TokenReport)
    /// Nothing follows.
    case finished(FinishReport)
}

/// The prompt as it was read.
public struct PromptReport: Sendable {
    /// The prompt as tokens.
    public var tokens: [TokenID]
    /// How many of them came from the state cache and were not read again.
    public var cachedCount: Int
    /// One entry for each token when the prompt is scored; the first has no logprob.
    public var logprobs: [TokenLogprobs]

    public init(tokens: [TokenID], cachedCount: Int = 0, logprobs: [TokenLogprobs] = []) {
        self.tokens = tokens
        self.cachedCount = cachedCount
        self.logprobs = logprobs
    }
}

/// One new token.
public struct TokenReport: Sendable {
    /// The token that was chosen.
    public var token: TokenID
    /// The text that this token lets go.
    public var text: String
    /// How likely it was, where the request asks for that.
    public var logprobs: TokenLogprobs?

    public init(token: TokenID, text: String, logprobs: TokenLogprobs? = nil) {
        self.token = token
        self.text = text
        self.logprobs = logprobs
    }
}

/// How likely a token was, before any sampler, after bans and bias.
public struct TokenLogprobs: Sendable {
    /// One of the tokens that could have come.
    public struct Alternative: Sendable, Hashable {
        /// The token.
        public var token: TokenID
        /// Natural logarithm of the probability.
        public var logprob: Float

        public init(token: TokenID, logprob: Float) {
            self.token = token
            self.logprob = logprob
        }
    }

    /// The token that was chosen, or stood in the prompt.
    public var token: TokenID
    /// Natural logarithm of the probability; nil for the first token of a text, which nothing predicts.
    public var logprob: Float?
    /// The most likely tokens, best first.
    public var alternatives: [Alternative]

    public init(token: TokenID, logprob: Float?, alternatives: [Alternative]) {
        self.token = token
        self.logprob = logprob
        self.alternatives = alternatives
    }
}

/// Why a text ended.
public enum FinishReason: String, Sendable, Hashable {
    /// End of text, or a stop string.
    case stop
    /// `maxTokens` were generated.
    case length
    /// It was stopped, or the client has left.
    case cancelled
}

/// How a text ended.
public struct FinishReport: Sendable {
    /// Why it ended.
    public var reason: FinishReason
    /// The stop string that ended the text, if one did.
    public var stopString: String?
    /// Text that was held back until the end.
    public var text: String
    /// What it took.
    public var usage: Usage

    public init(reason: FinishReason, stopString: String? = nil, text: String = "", usage: Usage) {
        self.reason = reason
        self.stopString = stopString
        self.text = text
        self.usage = usage
    }
}

/// Tokens and time that one text took.
public struct Usage: Sendable, Hashable {
    /// Tokens of the prompt, those from the state cache among them.
    public var promptTokens: Int
    /// Tokens of the prompt that came from the state cache and were not read again.
    public var cachedTokens: Int
    /// New tokens.
    public var completionTokens: Int
    /// Time from the request's start to the end of the prompt.
    public var prefillSeconds: Double
    /// Time from there to the last token.
    public var decodeSeconds: Double
    /// How long the request waited for a place in the batch; part of `prefillSeconds`.
    public var queueSeconds = 0.0
    /// Tokens of the request's prediction that were tried ahead, and came.
    public var acceptedPredictionTokens = 0
    /// The same that were tried, and did not come.
    public var rejectedPredictionTokens = 0

    public init(
        promptTokens: Int, cachedTokens: Int = 0, completionTokens: Int,
        prefillSeconds: Double = 0, decodeSeconds: Double = 0
    ) {
        self.promptTokens = promptTokens
        self.cachedTokens = cachedTokens
        self.completionTokens = completionTokens
        self.prefillSeconds = prefillSeconds
        self.decodeSeconds = decodeSeconds
    }
}
