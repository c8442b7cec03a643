import HostCore

/// A loaded model with its engine; alive as long as the manager or any lease refers to it.
final class ResidentModel: Sendable {
    let id: String
    let source: ModelSource
    let modelLoader: any ModelLoader
    let options: LoadOptions
    let loaded: LoadedModel
    let engine: Engine

    init(
        id: String, source: ModelSource, modelLoader: any ModelLoader, options: LoadOptions, loaded: LoadedModel,
        engine: Engine
    ) {
        self.id = id
        self.source = source
        self.modelLoader = modelLoader
        self.options = options
        self.loaded = loaded
        self.engine = engine
    }

    var loader: String { modelLoader.name }

    /// The lease's token is the model itself, so the last lease to go lets a drained model go.
    func lease() -> EngineLease {
        EngineLease(modelID: id, loaded: loaded, engine: engine, token: self)
    }
}

/// A model that the manager has let go while leases may still use it.
struct DrainingModel {
    weak var resident: ResidentModel?
}
