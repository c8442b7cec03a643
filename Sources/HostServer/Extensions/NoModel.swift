import HostCore
import HostGeneration

/// Stands in where no model is loaded, so that an extension can still answer; it generates nothing itself.
final class NoModel: GenerationEngine {
    /// Why there is no model; what a client sees when no extension answers either.
    let reason: ModelServiceError

    private init(reason: ModelServiceError) { self.reason = reason }

    static func lease(reason: ModelServiceError) -> EngineLease {
        let engine = NoModel(reason: reason)
        let info = ModelInfo(
            architecture: "none", generation: "", layerCount: 0, hiddenSize: 0, vocabularySize: 256, plan: "", weightBytes: [:],
            stateBytes: 0)
        let loaded = LoadedModel(
            model: Absence(), tokenizer: UTF8Tokenizer(), info: info, promptFormat: PromptFormat(endOfTextTokens: []))
        return EngineLease(modelID: "none", loaded: loaded, engine: engine, token: engine)
    }

    private static let refusal = GenerationError(.unloaded, "model", "no model is loaded")

    func generate(_ request: GenerationRequest) async throws(GenerationError) -> TokenStream { throw Self.refusal }

    func nextLogits(
        after prompt: GenerationRequest.Prompt, sampling: SamplingParameters?
    ) async throws(GenerationError) -> [Float] { throw Self.refusal }

    func embedding(of prompt: GenerationRequest.Prompt, pooling: Pooling) async throws(GenerationError) -> Embedding {
        throw Self.refusal
    }

    func state(after prompt: GenerationRequest.Prompt) async throws(GenerationError) -> [Float] { throw Self.refusal }

    func saveState(_ name: String, session: String) async throws(GenerationError) { throw Self.refusal }

    func loadState(_ name: String, session: String) async throws(GenerationError) -> Int { throw Self.refusal }

    func savedStates() async throws(GenerationError) -> [StateListing] { throw Self.refusal }

    func deleteState(_ name: String) async throws(GenerationError) { throw Self.refusal }

    private final class Absence: LanguageModel {
        let vocabularySize = 256
        let hiddenSize = 0

        func makeState() -> any RecurrentState { PlainState(layout: "none", values: []) }

        func forward(_ rows: inout [BatchEntry]) throws(GenerationError) { throw NoModel.refusal }
    }
}
