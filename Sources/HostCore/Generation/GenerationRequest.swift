/// One text to generate: what to read, how to choose, when to stop.
public struct GenerationRequest: Sendable {
    /// What is to be read.
    public enum Prompt: Sendable, Hashable {
        /// A text, which the model's tokenizer encodes.
        case text(String, parsesSpecialTokens: Bool)
        /// Tokens as they are.
        case tokens([TokenID])
    }

    /// What is read before the first new token.
    public var prompt: Prompt
    /// How tokens are chosen.
    public var sampling = SamplingParameters()
    /// At most this many new tokens; 0 only reads the prompt. nil leaves it to the model's end of text.
    public var maxTokens: Int?
    /// The text ends before the first of these; they are looked for in decoded text, across token borders.
    public var stopStrings: [String] = []
    /// The text ends before any of these tokens, as before the model's own end of text.
    public var stopTokens: Set<TokenID> = []
    /// Whether the stop string that ended the text is shown as its end.
    public var keepsStopString = false
    /// How many alternatives to report with each token; nil reports no log-probabilities at all.
    public var topLogprobs: Int?
    /// Whether every prompt token is scored too.
    public var scoresPrompt = false
    /// Whether special tokens are left out of the text.
    public var skipsSpecialTokens = true
    /// Reads only the last tokens of a longer prompt, so that it and `maxTokens` together are no more than this; nil
    /// reads everything, however long.
    public var truncationLength: Int?
    /// Writes as many tokens as the prompt leaves of `truncationLength`, whatever `maxTokens` says.
    public var fillsTruncationLength = false
    /// Offsets in the prompt's UTF-8 text where a message ends and a state is worth keeping.
    public var messageEnds: [Int] = []
    /// Goes on from the state that an earlier request left under this name, and leaves its own there.
    public var sessionID: String?
    /// The name of a tuned state below the model folder that the text begins from; nil takes what the model begins from.
    /// A session takes it with its first request.
    public var initialState: String?
    /// Texts share states of equal beginnings only with those of the same salt, so that one user cannot infer from the time
    /// of an answer what another has asked.
    public var cacheSalt = ""
    /// What the client believes that the text will be, for it to come faster where it is right; never changes the text.
    public var prediction = ""
    /// Whether `GenerationEvent.progress` is sent while a long prompt is read.
    public var reportsProgress = false
    /// How many events may wait for a reader who is slow on purpose, so that a stop finds the text where the reader is; nil
    /// leaves it to the host.
    public var readAhead: Int?
    /// Makes further processors for this text alone, which act before the built-in filters.
    public var makeProcessors: @Sendable () -> [any LogitsProcessor] = { [] }
    /// Shown in the log, so that a line there can be matched with an answer.
    public var id = ""

    public init(prompt: Prompt) {
        self.prompt = prompt
    }
}
