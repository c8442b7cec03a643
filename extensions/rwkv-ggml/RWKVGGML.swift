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
    let builder: any ModelBuilder
    let tokenizers: any TokenizerFinder
    let files: any ModelFiles

    func probe(_ source: ModelSource) -> Probe {
        do {
            let file = try files.map(source.path)
            var summary = try builder.summary(of: checkpoint(file, source))
            summary.weightBytes = file.count
            summary.obstacle = tokenizers.obstacle(besides: source, vocabularySize: summary.vocabularySize)
            return .accepts(confidence: 1, summary: summary)
        } catch {
            return .refuses(reason: error.description)
        }
    }

    func load(
        _ source: ModelSource, options: LoadOptions, progress: @escaping LoadProgressHandler
    ) async throws(LoadError) -> LoadedModel {
        let checkpoint = try checkpoint(files.map(source.path), source)
        let tokenizer = try tokenizers.tokenizer(
            besides: source, vocabularySize: builder.summary(of: checkpoint).vocabularySize, options: options)
        // rwkv.cpp normalises the embedding in fp32, whatever the file holds.
        var recipe = ModelRecipe(
            checkpoint: checkpoint, tokenizer: tokenizer, prompting: Prompting(), embeddingRounding: .none)
        if let path = options.initialStatePath { recipe.initialState = try files.checkpoint(at: path) }
        return try await builder.build(recipe, options: options, progress: progress)
    }

    private func checkpoint(_ file: any ByteRegion, _ source: ModelSource) throws(LoadError) -> DerivedCheckpoint {
        try BinConversion(of: BinFile(file, subject: source.id)).checkpoint
    }
}
