/// A loader's answer to "is this yours?", given from a look at the content.
public enum Probe: Sendable, Equatable {
    /// - Parameters:
    ///   - confidence: 1 for an exact match of format and architecture, less for a guess; the highest bid loads.
    ///   - summary: what was found, in a few words and numbers.
    case accepts(confidence: Double, summary: ProbeSummary)
    /// The reason becomes part of the error message when every loader refuses.
    case refuses(reason: String)
}

/// What can be told about a model without loading it.
public struct ProbeSummary: Sendable, Equatable {
    /// Such as `RWKV-4`.
    public let architecture: String
    /// Bytes of the weights on disk.
    public var weightBytes: Int
    public let layerCount: Int
    public let hiddenSize: Int
    public let vocabularySize: Int
    /// What the model still lacks before it can be loaded, such as a tokenizer; nil when nothing is known to be missing.
    public var obstacle: String?

    public init(architecture: String, weightBytes: Int, layerCount: Int, hiddenSize: Int, vocabularySize: Int) {
        self.architecture = architecture
        self.weightBytes = weightBytes
        self.layerCount = layerCount
        self.hiddenSize = hiddenSize
        self.vocabularySize = vocabularySize
    }
}
