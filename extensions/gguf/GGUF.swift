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
    let suffixes = ["gguf"]
    let builder: any ModelBuilder
    let tokenizers: any TokenizerFinder
    let files: any ModelFiles

    func probe(_ source: ModelSource) -> Probe {
        do {
            let opened = try OpenedGGUF(source, by: self)
            var summary = opened.summary
            summary.weightBytes = opened.byteCount
            if !opened.hasTokenizer {
                summary.obstacle = tokenizers.obstacle(besides: source, vocabularySize: summary.vocabularySize)
            }
            return .accepts(confidence: 1, summary: summary, opened: opened)
        } catch {
            return .refuses(reason: error.description)
        }
    }

    func load(
        _ source: ModelSource, options: LoadOptions, progress: @escaping LoadProgressHandler
    ) async throws(LoadError) -> LoadedModel {
        try await OpenedGGUF(source, by: self).load(options: options, progress: progress)
    }
}

/// A file that has been opened and is of an RWKV.
struct OpenedGGUF: OpenedModel {
    let summary: ProbeSummary
    let byteCount: Int
    private let source: ModelSource
    private let loader: GGUFLoader
    private let file: GGUFFile
    private let checkpoint: ConvertedCheckpoint

    init(_ source: ModelSource, by loader: GGUFLoader) throws(LoadError) {
        (self.source, self.loader) = (source, loader)
        let region = try loader.files.map(source.path)
        byteCount = region.count
        file = try GGUFFile(region, subject: source.id)
        checkpoint = try GGUFConversion(of: file).checkpoint
        summary = try loader.builder.summary(of: checkpoint)
    }

    var hasTokenizer: Bool { GGUFVocabulary.isInside(file) }

    func load(options: LoadOptions, progress: @escaping LoadProgressHandler) async throws(LoadError) -> LoadedModel {
        var recipe = ModelRecipe(
            checkpoint: checkpoint, tokenizer: try tokenizer(options), promptFormat: promptFormat, embeddingRounding: .none,
            layerNormEpsilon: try epsilon())
        recipe.summary = summary
        if let path = options.initialStatePath { recipe.initialState = try loader.files.checkpoint(at: path) }
        return try await loader.builder.build(recipe, options: options, progress: progress)
    }

    /// The one that the user named, else the file's own, else one beside the file.
    private func tokenizer(_ options: LoadOptions) throws(LoadError) -> any Tokenizer {
        let rows = summary.vocabularySize
        guard options.tokenizerPath == nil, hasTokenizer else {
            return try loader.tokenizers.tokenizer(besides: source, vocabularySize: rows, options: options)
        }
        let tokenizer = try loader.tokenizers.worldTokenizer(of: GGUFVocabulary.tokens(of: file), name: source.id)
        guard tokenizer.vocabularySize <= rows else {
            throw LoadError(
                .mismatch, source.id, "has \(tokenizer.vocabularySize) tokens; the embedding has \(rows) rows")
        }
        return tokenizer
    }

    /// llama.cpp's own converter writes a name in place of a template, which the host's own manner stands for.
    private var promptFormat: PromptFormat {
        let template = file.values["tokenizer.chat_template"]?.text
        let end = file.values["tokenizer.ggml.eos_token_id"]?.integer
        return PromptFormat(
            chatTemplate: template.flatMap { $0.contains("{%") || $0.contains("{{") ? $0 : nil },
            endOfTextTokens: end.map { $0 > 0 ? [0, $0] : [0] } ?? [0])
    }

    private func epsilon() throws(LoadError) -> Float {
        let key = "\(file.architecture).attention.layer_norm_epsilon"
        guard let value = file.values[key] else { return 1e-5 }
        guard let number = value.number, number > 0, number < 1 else {
            throw LoadError(.corrupt, "\(file.subject), \(key)", "must be a number between 0 and 1")
        }
        return Float(number)
    }
}
