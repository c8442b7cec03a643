import HostCore

/// A loader for llama.cpp's files of RWKV-6 and RWKV-7, which carry their tokenizer with them.
struct GGUF: HostExtension {
    init(parameters: ExtensionParameters) {}

    func setup(_ registrar: any ExtensionRegistrar) throws {
        try registrar.register(
            GGUFLoader(builder: registrar.modelBuilder, tokenizers: registrar.tokenizers, files: registrar.files))
    }
}

func modelHostExtension() -> any HostExtension.Type { GGUF.self }

struct GGUFLoader: ModelLoader {
    let name = "gguf"
    let builder: any ModelBuilder
    let tokenizers: any TokenizerFinder
    let files: any ModelFiles

    func probe(_ source: ModelSource) -> Probe {
        do {
            let region = try files.map(source.path)
            let file = try GGUFFile(region, subject: source.id)
            var summary = try builder.summary(of: GGUFConversion(of: file).checkpoint)
            summary.weightBytes = region.count
            if !GGUFVocabulary.isInside(file) {
                summary.obstacle = tokenizers.obstacle(besides: source, vocabularySize: summary.vocabularySize)
            }
            return .accepts(confidence: 1, summary: summary)
        } catch {
            return .refuses(reason: error.description)
        }
    }

    func load(
        _ source: ModelSource, options: LoadOptions, progress: @escaping LoadProgressHandler
    ) async throws(LoadError) -> LoadedModel {
        let file = try GGUFFile(files.map(source.path), subject: source.id)
        let checkpoint = try GGUFConversion(of: file).checkpoint
        let rows = try builder.summary(of: checkpoint).vocabularySize
        var recipe = ModelRecipe(
            checkpoint: checkpoint, tokenizer: try tokenizer(source, file, rows: rows, options: options),
            prompting: try prompting(file), embeddingRounding: .none, layerNormEpsilon: try epsilon(file))
        if let path = options.initialStatePath { recipe.initialState = try files.checkpoint(at: path) }
        return try await builder.build(recipe, options: options, progress: progress)
    }

    /// The one that the user named, else the file's own, else one beside the file.
    private func tokenizer(
        _ source: ModelSource, _ file: GGUFFile, rows: Int, options: LoadOptions
    ) throws(LoadError) -> any Tokenizer {
        guard options.tokenizerPath == nil, GGUFVocabulary.isInside(file) else {
            return try tokenizers.tokenizer(besides: source, vocabularySize: rows, options: options)
        }
        let tokenizer = try tokenizers.worldTokenizer(of: GGUFVocabulary.tokens(of: file), name: source.id)
        guard tokenizer.vocabularySize <= rows else {
            throw LoadError(
                .mismatch, source.id, "has \(tokenizer.vocabularySize) tokens; the embedding has \(rows) rows")
        }
        return tokenizer
    }

    /// llama.cpp's own converter writes a name in place of a template, which the host's own manner stands for.
    private func prompting(_ file: GGUFFile) throws(LoadError) -> Prompting {
        let template = file.values["tokenizer.chat_template"]?.text
        let end = file.values["tokenizer.ggml.eos_token_id"]?.integer
        return Prompting(
            chatTemplate: template.flatMap { $0.contains("{%") || $0.contains("{{") ? $0 : nil },
            endOfTextTokens: end.map { $0 > 0 ? [0, $0] : [0] } ?? [0])
    }

    private func epsilon(_ file: GGUFFile) throws(LoadError) -> Float {
        let key = "\(file.architecture).attention.layer_norm_epsilon"
        guard let value = file.values[key] else { return 1e-5 }
        guard let number = value.number, number > 0, number < 1 else {
            throw LoadError(.corrupt, source(file, key), "must be a number between 0 and 1")
        }
        return Float(number)
    }

    private func source(_ file: GGUFFile, _ key: String) -> String { "\(file.subject), \(key)" }
}
