import HostCore

/// Models that are counted from a text while they load: nothing of RWKV, and the host does not notice.
struct NGram: HostExtension {
    static let parameters: [String: JSONValue] = [
        // Tokens that decide the next one, and that one.
        "order": 5,
        // Words with a token of their own, beside the single bytes.
        "words": 4096,
        // The longest text that is learnt.
        "megabytes": 32,
    ]
    let limits: NGramLimits

    init(parameters: ExtensionParameters) throws {
        limits = NGramLimits(
            order: try parameters.integer("order"), words: try parameters.integer("words"),
            megabytes: try parameters.integer("megabytes"))
        try limits.check()
    }

    func setup(_ registrar: any ExtensionRegistrar) throws {
        try registrar.register(
            NGramLoader(limits: limits, files: registrar.files, tokenizers: registrar.tokenizers, log: registrar.log))
    }
}

func modelHostExtension() -> any HostExtension.Type { NGram.self }

/// How much is learnt.
struct NGramLimits: Sendable {
    let order: Int
    let words: Int
    let megabytes: Int

    var byteCount: Int { megabytes * 1_000_000 }

    func check() throws(ExtensionError) {
        for (name, value, range) in [
            ("order", order, 1...16), ("words", words, 0...60_000), ("megabytes", megabytes, 1...1000),
        ] where !range.contains(value) {
            throw ExtensionError(
                .parameter, "ngram-\(name)", "is out of its range",
                advice: "order is 1 to 16, words 0 to 60000, megabytes 1 to 1000.")
        }
    }
}

struct NGramLoader: ModelLoader {
    let name = "ngram"
    let limits: NGramLimits
    let files: any ModelFiles
    let tokenizers: any TokenizerFinder
    let log: Log

    /// A text that says in its first line what it is for is wanted; any other `.txt` is a guess.
    func probe(_ source: ModelSource) -> Probe {
        do {
            let text = try Corpus(files.map(source.path), subject: source.id)
            guard text.isMarked || source.path.lowercased().hasSuffix(".txt") else {
                return .refuses(reason: "\(source.id) does not begin with \(Corpus.mark) and is not a .txt file")
            }
            var summary = ProbeSummary(
                architecture: "\(limits.order)-gram", weightBytes: text.byteCount, layerCount: 1,
                hiddenSize: NGramModel.hiddenSize, vocabularySize: Corpus.firstWord + limits.words)
            if text.byteCount > limits.byteCount { summary.obstacle = tooLarge(text, source).description }
            return .accepts(confidence: text.isMarked ? 1 : 0.1, summary: summary)
        } catch {
            return .refuses(reason: error.description)
        }
    }

    func load(
        _ source: ModelSource, options: LoadOptions, progress: @escaping LoadProgressHandler
    ) async throws(LoadError) -> LoadedModel {
        try check(options)
        let text = try Corpus(files.map(source.path), subject: source.id)
        guard text.byteCount <= limits.byteCount else { throw tooLarge(text, source) }
        let tokenizer = try tokenizers.worldTokenizer(of: text.vocabulary(words: limits.words), name: source.id)
        // Reading is taken for a fifth of the work, sorting for the rest.
        let tokens = try text.tokens(tokenizer) { done in
            progress(LoadProgress(completedBytes: done / 5, totalBytes: text.byteCount))
        }
        let table = try NGramTable(tokens, vocabularySize: tokenizer.vocabularySize, order: limits.order) { share in
            progress(
                LoadProgress(
                    completedBytes: text.byteCount / 5 + Int(share * Double(text.byteCount) * 0.8), totalBytes: text.byteCount))
        }
        let model = NGramModel(table)
        log.info("\(source.id): \(tokens.count) tokens of \(tokenizer.vocabularySize) kinds learnt")
        return LoadedModel(
            model: model, tokenizer: tokenizer,
            info: ModelInfo(
                architecture: "n-gram", generation: "\(limits.order)", layerCount: 1, hiddenSize: NGramModel.hiddenSize,
                vocabularySize: tokenizer.vocabularySize, plan: "cpu fp32", weightBytes: ["cpu": table.byteCount],
                stateBytes: model.makeState().byteCount),
            promptFormat: PromptFormat())
    }

    private func tooLarge(_ text: Corpus, _ source: ModelSource) -> LoadError {
        LoadError(
            .unsupported, source.id,
            "has \((text.byteCount + 999_999) / 1_000_000) MB; at most \(limits.byteCount / 1_000_000) MB of text are learnt",
            advice: "Cut it, or raise ngram-megabytes in settings.json.")
    }

    /// Wishes that mean nothing to counts are refused by name.
    private func check(_ options: LoadOptions) throws(LoadError) {
        if let text = options.strategy {
            let stages: [Strategy.Stage]
            do {
                stages = try Strategy(parsing: text).stages
            } catch {
                throw LoadError(.unsupported, error.subject, error.problem, advice: error.advice)
            }
            guard stages.allSatisfy({ $0.device == .cpu && $0.activation == .float32 && $0.weights == .float }) else {
                throw LoadError(.unsupported, "strategy \"\(text)\"", "an n-gram model runs as cpu fp32 only")
            }
        }
        let wishes = [
            ("load-in-8bit", options.loadsIn8Bit), ("rwkv-cuda-on", options.compilesCUDAKernels),
            ("tokenizer", options.tokenizerPath != nil), ("initial-state", options.initialStatePath != nil),
            ("adapter", !options.adapters.isEmpty),
        ]
        if let wish = wishes.first(where: \.1) {
            throw LoadError(.unsupported, wish.0, "means nothing to an n-gram model", advice: "Load it without.")
        }
    }
}
