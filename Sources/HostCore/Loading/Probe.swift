/// A loader's answer to "is this yours?", given from a look at the content.
public enum Probe: Sendable, Equatable {
    /// - Parameters:
    ///   - confidence: 1 for an exact match of format and architecture, less for a guess; the highest bid loads.
    ///   - summary: what was found, in a few words and numbers.
    ///   - opened: what was opened on the way, for a load that follows at once; without it the loader's `load` is called.
    case accepts(confidence: Double, summary: ProbeSummary, opened: (any OpenedModel)? = nil)
    /// The reason becomes part of the error message when every loader refuses.
    case refuses(reason: String)
    /// The file is not a model but goes with one. The reason says what to do with it and is shown like that of a refusal.
    case goesWithModels(ModelCompanion, reason: String)

    public static func == (left: Probe, right: Probe) -> Bool {
        switch (left, right) {
        case (.accepts(let left, let leftSummary, _), .accepts(let right, let rightSummary, _)):
            left == right && leftSummary == rightSummary
        case (.refuses(let left), .refuses(let right)): left == right
        case (.goesWithModels(let left, let leftReason), .goesWithModels(let right, let rightReason)):
            left == right && leftReason == rightReason
        default: false
        }
    }
}

/// What a file is that goes with models without being one.
public enum ModelCompanion: String, Sendable {
    /// Trained start states, from which a text begins.
    case tunedState = "tuned_state"
    /// Weights that change those of a model.
    case adapter
}

/// A model whose files a probe has opened. It is let go when the model is not wanted any more, or its files have changed since.
public protocol OpenedModel: Sendable {
    /// The same as the loader's `load`, with files and shapes that have been read already; it may be called again.
    func load(options: LoadOptions, progress: @escaping LoadProgressHandler) async throws(LoadError) -> LoadedModel
}

/// What can be said about a model without loading it.
public struct ProbeSummary: Sendable, Equatable {
    /// Such as `RWKV-4`.
    public let architecture: String
    /// Bytes of the weights on disk.
    public var weightBytes: Int
    /// The number of layers.
    public let layerCount: Int
    /// The width of the residual stream.
    public let hiddenSize: Int
    /// The number of logits of one token.
    public let vocabularySize: Int
    /// What the model still lacks before it can be loaded, such as a tokenizer; nil when nothing is known to be missing.
    public var obstacle: String?
    /// What the builder that made this has read of the tensors, so that building need not read it again.
    package var shape: (any Sendable)?

    public static func == (left: ProbeSummary, right: ProbeSummary) -> Bool {
        left.architecture == right.architecture && left.weightBytes == right.weightBytes
            && left.layerCount == right.layerCount && left.hiddenSize == right.hiddenSize
            && left.vocabularySize == right.vocabularySize && left.obstacle == right.obstacle
    }

    public init(architecture: String, weightBytes: Int, layerCount: Int, hiddenSize: Int, vocabularySize: Int) {
        self.architecture = architecture
        self.weightBytes = weightBytes
        self.layerCount = layerCount
        self.hiddenSize = hiddenSize
        self.vocabularySize = vocabularySize
    }
}
