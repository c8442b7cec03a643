import HostCore
import HostGeneration
import Support

/// A host with one model, served by the real engine.
final class EngineService: ModelService {
    let loaded: LoadedModel
    let engine: Engine

    init(_ model: ScriptedModel = .scrambled(), configuration: EngineConfiguration = EngineConfiguration()) {
        loaded = LoadedModel(model)
        engine = Engine(loaded, fingerprint: "one", configuration: configuration, log: .silent)
    }

    func listings() async -> [ModelListing] {
        [ModelListing(id: "scripted", state: .ready, loader: "scripted", summary: nil)]
    }

    func status() async -> ServiceStatus {
        ServiceStatus(current: .init(id: "scripted", loader: "scripted", info: loaded.info))
    }

    func lease(model name: String?) async throws(ModelServiceError) -> EngineLease {
        EngineLease(modelID: "scripted", loaded: loaded, engine: engine, token: engine)
    }

    func load(model name: String, options: LoadOptions?) async throws(ModelServiceError) {}
    func unload() async {}
    func stopAll() async { engine.cancelAll() }
}
