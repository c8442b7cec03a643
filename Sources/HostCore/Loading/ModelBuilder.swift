/// What the host offers to loaders: named RWKV tensors and a tokenizer in, a model that generates out.
///
/// A loader for another file format presents its tensors as a `Checkpoint` under the canonical names (those of the
/// original `.pth` files, such as `blocks.0.att.key.weight`) and leaves generation, strategy, dtype and memory to this.
public protocol ModelBuilder: Sendable {
    /// Looks at names and shapes only.
    ///
    /// - Throws: `LoadError` when the tensors are not of an RWKV generation that the host knows, naming what was found.
    func summary(of checkpoint: any Checkpoint) throws(LoadError) -> ProbeSummary

    /// Places the tensors on devices as the strategy says and couples them with the tokenizer.
    func build(
        _ recipe: ModelRecipe, options: LoadOptions, progress: @escaping LoadProgressHandler
    )
        async throws(LoadError) -> LoadedModel
}

/// The ingredients of a model.
public struct ModelRecipe: Sendable {
    /// How the embedding is normalised by `ln0`, where the two worlds of RWKV differ in rounding.
    public enum EmbeddingRounding: Sendable {
        /// Round the normalised table to the file's own dtype, as the original package does for `.pth` files.
        case toFileDType
        /// Normalise at full precision, as Hugging Face does.
        case none
    }

    /// Tensors under canonical names.
    public var checkpoint: any Checkpoint
    /// The tokenizer of the same vocabulary as the embedding.
    public var tokenizer: any Tokenizer
    /// How the model wants to be talked to.
    public var promptFormat: PromptFormat
    /// How the embedding is normalised by `ln0`.
    public var embeddingRounding: EmbeddingRounding
    /// The ε of ln0, ln1 and ln2.
    public var layerNormEpsilon: Float
    /// The ε of the group normalisation in time mixing, RWKV-5 and later; training divided its input by 8 and used 1e-5.
    public var groupNormEpsilon: Float = 64e-5
    /// The ε of `ln_out`: 1e-5 in every engine of the original, whatever a configuration says of the others.
    public var outputNormEpsilon: Float = 1e-5
    /// What sequences start from instead of nothing, such as a file of state tuning; nil takes what the weights bring.
    public var initialState: (any Checkpoint)?
    /// What the builder said of this very checkpoint; it is asked again where this is nil.
    public var summary: ProbeSummary?

    public init(
        checkpoint: any Checkpoint, tokenizer: any Tokenizer, promptFormat: PromptFormat,
        embeddingRounding: EmbeddingRounding = .toFileDType, layerNormEpsilon: Float = 1e-5
    ) {
        self.checkpoint = checkpoint
        self.tokenizer = tokenizer
        self.promptFormat = promptFormat
        self.embeddingRounding = embeddingRounding
        self.layerNormEpsilon = layerNormEpsilon
    }
}
