import HostCore

/// A loaded model with its engine; alive as long as the manager or any lease refers to it.
final class ResidentModel: Sendable {
    let id: String
    let loader: String
    let options: LoadOptions
    let loaded: LoadedModel
    let engine: Engine

    init(id: String, loader: String, options: LoadOptions, loaded: LoadedModel, engine: Engine) {
        self.id = id
        self.loader = loader
        self.options = options
        self.loaded = loaded
        self.engine = engine
    }

    /// The lease's token is the model itself, so the last lease to go lets a drained model go.
    func lease() -> EngineLease {
        EngineLease(modelID: id, loaded: loaded, engine: engine, token: self)
    }
}

/// A model that the manager has let go while leases may still use it.
struct DrainingModel {
    weak var resident: ResidentModel?
}
