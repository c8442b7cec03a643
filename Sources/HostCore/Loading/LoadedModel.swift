/// A model that can generate: weights, tokenizer, and what there is to know about them.
public struct LoadedModel: Sendable {
    public let model: any LanguageModel
    public let tokenizer: any Tokenizer
    public let info: ModelInfo
    public let prompting: Prompting

    public init(model: any LanguageModel, tokenizer: any Tokenizer, info: ModelInfo, prompting: Prompting) {
        self.model = model
        self.tokenizer = tokenizer
        self.info = info
        self.prompting = prompting
    }
}

/// Facts of a loaded model, shown by `/v1/internal/model/info` and at load.
public struct ModelInfo: Sendable, Hashable {
    /// Such as `RWKV`.
    public var architecture: String
    /// Such as `4` or `5.2`; empty where the word means nothing.
    public var generation: String
    public var layerCount: Int
    public var hiddenSize: Int
    /// The number of logits.
    public var vocabularySize: Int
    /// The resolved plan in words, such as `cpu fp32 *13`.
    public var plan: String
    /// Bytes of weights by device, such as `["cpu": 338_684_928]`.
    public var weightBytes: [String: Int]
    /// Bytes of one sequence's state; constant however long the text.
    public var stateBytes: Int

    public init(
        architecture: String, generation: String, layerCount: Int, hiddenSize: Int, vocabularySize: Int,
        plan: String, weightBytes: [String: Int], stateBytes: Int
    ) {
        self.architecture = architecture
        self.generation = generation
        self.layerCount = layerCount
        self.hiddenSize = hiddenSize
        self.vocabularySize = vocabularySize
        self.plan = plan
        self.weightBytes = weightBytes
        self.stateBytes = stateBytes
    }
}

/// How a model wants to be talked to.
public struct Prompting: Sendable, Hashable {
    /// A chat template in the Jinja subset of `tokenizer_config.json`, or nil to choose one by the model's family.
    public var chatTemplate: String?
    /// Tokens that end a text; RWKV's end of text is 0 in every vocabulary.
    public var endOfTextTokens: [TokenID]
    /// Texts that end an assistant's turn, such as `\n\nUser:`.
    public var stopStrings: [String]

    public init(chatTemplate: String? = nil, endOfTextTokens: [TokenID] = [0], stopStrings: [String] = []) {
        self.chatTemplate = chatTemplate
        self.endOfTextTokens = endOfTextTokens
        self.stopStrings = stopStrings
    }
}
