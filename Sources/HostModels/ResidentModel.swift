import HostCore
import HostGeneration

/// A loaded model with its engine; alive as long as the manager or any lease refers to it.
final class ResidentModel: Sendable {
    /// That of the load it came from; distinguishes it from other loads of the same model.
    let number: Int
    let key: LoadKey
    let source: ModelSource
    let modelLoader: any ModelLoader
    /// Its files just before they were read.
    let stamp: FileStamp
    let loaded: LoadedModel
    let engine: Engine

    init(_ load: LoadQueue.Load, stamp: FileStamp, loaded: LoadedModel, engine: Engine) {
        number = load.number
        key = load.key
        source = load.source
        modelLoader = load.loader
        self.stamp = stamp
        self.loaded = loaded
        self.engine = engine
    }

    var id: String { key.id }
    var loader: String { modelLoader.name }

    /// Bytes that come free when it goes.
    var byteCount: Int { loaded.info.cost?.plannedBytes ?? loaded.info.weightBytes.values.reduce(0, +) }

    /// The lease's token is the model itself, so the last lease to go lets a drained model go.
    func lease() -> EngineLease {
        EngineLease(
            modelID: id, loaded: loaded, engine: engine, token: self, maxPromptTokens: engine.maxPromptTokens)
    }

    // MARK: Its files

    /// Why every text would fail; nil when its files are as they were.
    ///
    /// - Cost: asks the system about each file that weights are used in place from.
    func fileProblem() -> GenerationError? {
        do {
            try loaded.model.checkFiles()
            return nil
        } catch {
            return error
        }
    }

    /// Whether a load of the same would give the same.
    ///
    /// - Cost: lists its folder and asks the system about each file.
    func isUpToDate() -> Bool { stamp == FileStamp(source, options: key.options) && fileProblem() == nil }
}

/// A model that the manager has let go while leases may still use it.
struct DrainingModel {
    weak var resident: ResidentModel?
    /// What holds the memory; streams may keep it a little longer than leases do.
    weak var model: (any LanguageModel)?
    let number: Int
    let id: String
    let byteCount: Int

    init(_ resident: ResidentModel) {
        self.resident = resident
        model = resident.loaded.model
        number = resident.number
        id = resident.id
        byteCount = resident.byteCount
    }
}
