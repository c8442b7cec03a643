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
        for index in batch.indices {
            guard let state = batch[index].state as? PlainState else { throw GenerationError(.stateMismatch, "state", "is not a parrot's") }
            try batch[index].fill { [words] token in
                let place = min(Int(exactly: abs(state.values[0])) ?? 0, words.count - 1)
                state.values[0] = token == Int(words[place]) ? Float((place + 1) % words.count) : 0
                return ((0..<256).map { $0 == Int(words[Int(state.values[0])]) ? 50 : 0 }, [state.values[0]])
            }
        }
    }
}
