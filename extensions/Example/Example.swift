import Foundation
import HostCore

/// A loader in one file: text files that begin with `parrot:` become models that say what follows, over and over.
struct Example: HostExtension, ModelLoader {
    let name = "parrot"
    init(parameters: ExtensionParameters) {}
    func setup(_ registrar: any ExtensionRegistrar) throws { try registrar.register(self) }
    func probe(_ source: ModelSource) -> Probe {
        guard let words = words(source) else { return .refuses(reason: "it does not begin with parrot:") }
        return .accepts(
            confidence: 1,
            summary: ProbeSummary(
                architecture: name, weightBytes: words.count, layerCount: 1, hiddenSize: 1, vocabularySize: 256))
    }
    func load(_ source: ModelSource, options: LoadOptions, progress: @escaping LoadProgressHandler) async throws(LoadError) -> LoadedModel {
        let isPlain = options.adapters.isEmpty && options.initialStatePath == nil && options.tokenizerPath == nil && !options.loadsIn8Bit
        guard isPlain, options.strategy.map({ $0.hasPrefix("cpu") }) ?? true else {
            throw LoadError(.unsupported, source.id, "has no use for adapters, states, tokenizers, 8 bits and cards", advice: "Load it without.")
        }
        guard let words = words(source), !words.isEmpty else { throw LoadError(.corrupt, source.id, "has no words to say") }
        return LoadedModel(
            model: Parrot(words), tokenizer: UTF8Tokenizer(),
            info: ModelInfo(
                architecture: name, generation: "", layerCount: 1, hiddenSize: 1, vocabularySize: 256, plan: "cpu", weightBytes: ["cpu": words.count],
                stateBytes: 4), promptFormat: PromptFormat(endOfTextTokens: []))
    }
    private func words(_ source: ModelSource) -> [UInt8]? {
        guard let file = FileHandle(forReadingAtPath: source.path), (try? file.read(upToCount: 7)) == Data("parrot:".utf8) else { return nil }
        return Array((try? file.read(upToCount: 1 << 20)) ?? Data())
    }
}
func modelHostExtension() -> any HostExtension.Type { Example.self }
final class Parrot: LanguageModel {
    let words: [UInt8], vocabularySize = 256, hiddenSize = 1
    init(_ words: [UInt8]) { self.words = words }
    func makeState() -> any RecurrentState { PlainState(layout: "parrot", values: [0]) }
    func forward(_ batch: inout [BatchEntry]) throws(GenerationError) {
        // All checks come first: where one fails, no state has advanced.
        for entry in batch {
            guard entry.state is PlainState else { throw GenerationError(.stateMismatch, "state", "is not a parrot's") }
            guard !entry.tokens.isEmpty, entry.tokens.allSatisfy((0..<vocabularySize).contains) else {
                throw GenerationError(.invalidToken, "tokens", "are empty or hold a number outside 0 to 255")
            }
        }
        for index in batch.indices {
            guard let state = batch[index].state as? PlainState else { continue }
            try batch[index].fill { [words] token in
                let place = min(Int(exactly: abs(state.values[0])) ?? 0, words.count - 1)
                state.values[0] = token == Int(words[place]) ? Float((place + 1) % words.count) : 0
                return ((0..<256).map { $0 == Int(words[Int(state.values[0])]) ? 50 : 0 }, [state.values[0]])
            }
        }
    }
}
