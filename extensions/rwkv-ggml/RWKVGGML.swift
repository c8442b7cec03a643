import HostCore

/// A loader for the `.bin` files of rwkv.cpp; the mathematics, the strategy and the tokenizer are the host's.
struct RWKVGGML: HostExtension {
    init(parameters: ExtensionParameters) {}

    func setup(_ registrar: any ExtensionRegistrar) throws {
        try registrar.register(
            BinLoader(builder: registrar.modelBuilder, tokenizers: registrar.tokenizers, files: registrar.files))
    }
}

func modelHostExtension() -> any HostExtension.Type { RWKVGGML.self }

struct BinLoader: ModelLoader {
    let name = "rwkv-ggml"
    let suffixes = ["bin"]
    let builder: any ModelBuilder
    let tokenizers: any TokenizerFinder
    let files: any ModelFiles

    func probe(_ source: ModelSource) -> Probe {
        do {
            let opened = try OpenedBin(source, by: self)
            var summary = opened.summary
            summary.weightBytes = opened.byteCount
            summary.obstacle = tokenizers.obstacle(besides: source, vocabularySize: summary.vocabularySize)
            return .accepts(confidence: 1, summary: summary, opened: opened)
        } catch {
            return .refuses(reason: error.description)
        }
    }

    func load(
        _ source: ModelSource, options: LoadOptions, progress: @escaping LoadProgressHandler
    ) async throws(LoadError) -> LoadedModel {
        try await OpenedBin(source, by: self).load(options: options, progress: progress)
    }
}

/// A file that has been opened and is of an RWKV.
struct OpenedBin: OpenedModel {
    let summary: ProbeSummary
    let byteCount: Int
    private let source: ModelSource
    private let loader: BinLoader
    private let checkpoint: ConvertedCheckpoint

    init(_ source: ModelSource, by loader: BinLoader) throws(LoadError) {
        (self.source, self.loader) = (source, loader)
        let file = try loader.files.map(source.path)
        byteCount = file.count
        checkpoint = try BinConversion(of: BinFile(file, subject: source.id)).checkpoint
        summary = try loader.builder.summary(of: checkpoint)
    }

    func load(options: LoadOptions, progress: @escaping LoadProgressHandler) async throws(LoadError) -> LoadedModel {
        let tokenizer = try loader.tokenizers.tokenizer(
            besides: source, vocabularySize: summary.vocabularySize, options: options)
        // rwkv.cpp normalises the embedding in fp32, whatever the file holds.
        var recipe = ModelRecipe(
            checkpoint: checkpoint, tokenizer: tokenizer, promptFormat: PromptFormat(), embeddingRounding: .none)
        recipe.summary = summary
        if let path = options.initialStatePath { recipe.initialState = try loader.files.checkpoint(at: path) }
        return try await loader.builder.build(recipe, options: options, progress: progress)
    }
}
