/// Opens model files the way the host's own loaders do.
public protocol ModelFiles: Sendable {
    /// A file as read-only memory, mapped and not read; the region lives as long as it is referred to.
    ///
    /// - Throws: `LoadError` when the path is missing, may not be read, or is not a regular file.
    func map(_ path: String) throws(LoadError) -> any ByteRegion

    /// The tensors of a file in a format that the host itself reads: `.pth`, `.safetensors`.
    ///
    /// - Throws: `LoadError` that names what the file is.
    func checkpoint(at path: String) throws(LoadError) -> any Checkpoint
}

/// Finds a model's tokenizer, or makes one.
public protocol TokenizerFinder: Sendable {
    /// What to do when no tokenizer file lies beside the model; nil when there is one, whether it fits or not.
    ///
    /// - Parameters:
    ///   - source: the model.
    ///   - vocabularySize: rows of the embedding.
    /// - Cost: looks at names only.
    func obstacle(besides source: ModelSource, vocabularySize: Int) -> String?

    /// The tokenizer that the user named, or the first that fits of those beside the model and in the model folder.
    ///
    /// - Parameters:
    ///   - source: the model.
    ///   - vocabularySize: rows of the embedding.
    ///   - options: what the user wishes; `tokenizerPath` is the file that was named.
    /// - Throws: `LoadError` with every path that was tried and what to put where.
    func tokenizer(
        besides source: ModelSource, vocabularySize: Int, options: LoadOptions
    ) throws(LoadError) -> any Tokenizer

    /// A World tokenizer for formats that carry their vocabulary inside.
    ///
    /// - Parameters:
    ///   - tokens: the bytes of each token by its number; the first is the end of text, as it may be written in a prompt.
    ///   - name: what errors call the vocabulary.
    /// - Throws: `LoadError.corrupt` for a token that is empty, too long or there twice, and for a byte without a token.
    func worldTokenizer(of tokens: [[UInt8]], name: String) throws(LoadError) -> any Tokenizer
}
