import HostCore
import HostGeneration
import Support

/// A host with one model, served by the real engine.
final class EngineService: ModelService {
    let id: String
    let loaded: LoadedModel
    let engine: Engine

    convenience init(_ model: ScriptedModel = .scrambled(), configuration: EngineConfiguration = EngineConfiguration()) {
        self.init(LoadedModel(model), id: "scripted", configuration: configuration)
    }

    init(_ loaded: LoadedModel, id: String, configuration: EngineConfiguration = EngineConfiguration()) {
        self.id = id
        self.loaded = loaded
        engine = Engine(loaded, fingerprint: "one", configuration: configuration, log: .silent)
    }

    func listings() async -> [ModelListing] {
        [ModelListing(id: id, state: .ready, loader: "scripted", summary: nil)]
    }

    func status() async -> ServiceStatus {
        ServiceStatus(current: .init(id: id, loader: "scripted", info: loaded.info))
    }

    func health() async -> ServiceHealth { ServiceHealth(status: await status()) }

    func lease(model name: String?) async throws(ModelServiceError) -> EngineLease {
        EngineLease(modelID: id, loaded: loaded, engine: engine, token: engine)
    }

    func load(model name: String, options: LoadOptions?) async throws(ModelServiceError) -> String { name }
    func unload() async {}
    func unload(model name: String?) async {}
    func stopAll() async { engine.cancelAll() }
    func cancelLoads(model name: String?) async -> [String] { [] }

    func counters() async -> ServiceCounters {
        var counters = ServiceCounters()
        counters.engines = [.init(model: id, load: engine.load)]
        return counters
    }
}
