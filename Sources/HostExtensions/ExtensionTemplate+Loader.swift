extension ExtensionTemplate {
    /// A loader that keeps every promise which `ModelLoader` and `LanguageModel` ask for.
    static let loaderSource = """
        import HostCore

        /// Loads files that end in .NAME: what stands in them is said over and over.
        struct TYPE: HostExtension, ModelLoader {
            let name = "NAME"
            /// Files with this ending are listed, with the reason where they are refused.
            let suffixes = ["NAME"]
            private let files: (any ModelFiles)?

            init(parameters: ExtensionParameters) { files = nil }
            private init(files: any ModelFiles) { self.files = files }

            func setup(_ registrar: any ExtensionRegistrar) throws {
                try registrar.register(TYPE(files: registrar.files))
            }

            /// Looks at the content, never at the name alone, and loads nothing.
            func probe(_ source: ModelSource) -> Probe {
                do {
                    let words = try words(of: source)
                    return .accepts(
                        confidence: 1,
                        summary: ProbeSummary(
                            architecture: name, weightBytes: words.count, layerCount: 1, hiddenSize: 1, vocabularySize: 256))
                } catch {
                    return .refuses(reason: error.description)
                }
            }

            func load(
                _ source: ModelSource, options: LoadOptions, progress: @escaping LoadProgressHandler
            ) async throws(LoadError) -> LoadedModel {
                // Every field of the options has a meaning here or is refused by name.
                let refused = [
                    ("adapter", !options.adapters.isEmpty), ("initial-state", options.initialStatePath != nil),
                    ("tokenizer", options.tokenizerPath != nil), ("load-in-8bit", options.loadsIn8Bit),
                    ("rwkv-strategy", options.strategy.map { !$0.hasPrefix("cpu") } ?? false),
                ]
                if let (option, _) = refused.first(where: \\.1) {
                    throw LoadError(.unsupported, option, "means nothing to a model of NAME", advice: "Load it without.")
                }
                let words = try words(of: source)
                return LoadedModel(
                    model: Repeater(words), tokenizer: UTF8Tokenizer(),
                    info: ModelInfo(
                        architecture: name, generation: "", layerCount: 1, hiddenSize: 1, vocabularySize: 256, plan: "cpu fp32",
                        weightBytes: ["cpu": words.count], stateBytes: 4),
                    promptFormat: PromptFormat(endOfTextTokens: []))
            }

            /// A size is compared with a bound before memory is taken for it.
            private func words(of source: ModelSource) throws(LoadError) -> [UInt8] {
                guard let files else { throw LoadError(.unreadable, source.id, "there is nothing to read files with") }
                let file = try files.map(source.path)
                guard (1...1 << 20).contains(file.count) else {
                    throw LoadError(
                        .corrupt, source.id, "has \\(file.count) bytes; 1 to \\(1 << 20) were expected", advice: "Write a shorter one.")
                }
                return file.withBytes { bytes in bytes.withUnsafeBytes { Array($0) } }
            }
        }

        func modelHostExtension() -> any HostExtension.Type { TYPE.self }

        /// The model: immutable, without any notion of text, sampling or requests.
        final class Repeater: LanguageModel {
            let vocabularySize = 256, hiddenSize = 1
            private let words: [UInt8]

            init(_ words: [UInt8]) { self.words = words }

            /// The place of the next byte; what a sequence remembers is here and nowhere else.
            func makeState() -> any RecurrentState { PlainState(layout: "NAME", values: [0]) }

            func forward(_ batch: inout [BatchEntry]) throws(GenerationError) {
                // All checks come first: where one fails, no state has advanced.
                for entry in batch {
                    guard entry.state is PlainState else { throw GenerationError(.stateMismatch, "state", "belongs to another model") }
                    guard !entry.tokens.isEmpty, entry.tokens.allSatisfy((0..<vocabularySize).contains) else {
                        throw GenerationError(.invalidToken, "tokens", "are empty or hold a number outside 0 to 255")
                    }
                }
                for index in batch.indices {
                    guard let state = batch[index].state as? PlainState else { continue }
                    try batch[index].fill { [words] token throws(GenerationError) in
                        let place = min(Int(exactly: abs(state.values[0])) ?? 0, words.count - 1)
                        state.values[0] = token == Int(words[place]) ? Float((place + 1) % words.count) : 0
                        var logits = [Float](repeating: 0, count: 256)
                        logits[Int(words[Int(state.values[0])])] = 50
                        return (logits, [state.values[0]])
                    }
                }
            }
        }

        """
}
