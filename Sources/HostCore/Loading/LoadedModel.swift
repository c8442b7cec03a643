/// A model that can generate: weights, tokenizer, and what there is to know about them.
public struct LoadedModel: Sendable {
    /// The weights, ready to run.
    public let model: any LanguageModel
    /// The tokenizer of the model's vocabulary.
    public let tokenizer: any Tokenizer
    /// What users are shown about the model.
    public let info: ModelInfo
    /// How the model wants to be talked to.
    public let promptFormat: PromptFormat

    public init(model: any LanguageModel, tokenizer: any Tokenizer, info: ModelInfo, promptFormat: PromptFormat) {
        self.model = model
        self.tokenizer = tokenizer
        self.info = info
        self.promptFormat = promptFormat
    }
}

/// Facts of a loaded model, shown by `/v1/internal/model/info` and at load.
public struct ModelInfo: Sendable, Hashable {
    /// Such as `RWKV`.
    public var architecture: String
    /// Such as `4` or `5.2`; empty where the word means nothing.
    public var generation: String
    /// The number of layers.
    public var layerCount: Int
    /// The width of the residual stream.
    public var hiddenSize: Int
    /// The number of logits.
    public var vocabularySize: Int
    /// The resolved plan in words, such as `cpu fp32 *13`.
    public var plan: String
    /// Bytes of weights by device, such as `["cpu": 338_684_928]`.
    public var weightBytes: [String: Int]
    /// Bytes of one sequence's state; constant however long the text.
    public var stateBytes: Int
    /// What a pass costs, where the loader knows.
    public var cost: ModelCost?

    public init(
        architecture: String, generation: String, layerCount: Int, hiddenSize: Int, vocabularySize: Int,
        plan: String, weightBytes: [String: Int], stateBytes: Int, cost: ModelCost? = nil
    ) {
        self.architecture = architecture
        self.generation = generation
        self.layerCount = layerCount
        self.hiddenSize = hiddenSize
        self.vocabularySize = vocabularySize
        self.plan = plan
        self.weightBytes = weightBytes
        self.stateBytes = stateBytes
        self.cost = cost
    }
}

/// What a forward pass moves and computes; speeds are fractions of what the machine could do with these.
public struct ModelCost: Sendable, Hashable {
    /// Bytes of weights that one pass reads, however many tokens it has: blocks and head, not the embedding's table.
    public var passBytes: Int
    /// Bytes of them that a pass with one token does not read where what they would meet is zero after squared ReLU.
    public var sparseBytes = 0
    /// Multiplications with weights in the matrices of all blocks, for one token.
    public var blockMultiplications: Int
    /// Bytes of memory that were planned for before loading: weights, and the workspace of a long pass.
    public var plannedBytes: Int
    /// The same by device, where there are several.
    public var plannedBytesByDevice: [String: Int] = [:]

    public init(passBytes: Int, blockMultiplications: Int, plannedBytes: Int) {
        self.passBytes = passBytes
        self.blockMultiplications = blockMultiplications
        self.plannedBytes = plannedBytes
    }
}

/// How a model wants to be talked to.
public struct PromptFormat: Sendable, Hashable {
    /// A chat template in the Jinja subset of `tokenizer_config.json`, or nil to choose one by the model's family.
    public var chatTemplate: String?
    /// Tokens that end a text; RWKV's end of text is 0 in every vocabulary.
    public var endOfTextTokens: [TokenID]
    /// Texts that end an assistant's turn, such as `\n\nUser:`.
    public var stopStrings: [String]
    /// What a template knows as `bos_token`, `eos_token` and their like; the end of text's own text where they are absent.
    public var specialTexts: [String: String] = [:]
    /// Sampling settings that come with the model, by the name of their use, under the names of requests.
    public var presets: [String: JSONObject] = [:]

    public init(chatTemplate: String? = nil, endOfTextTokens: [TokenID] = [0], stopStrings: [String] = []) {
        self.chatTemplate = chatTemplate
        self.endOfTextTokens = endOfTextTokens
        self.stopStrings = stopStrings
    }
}
