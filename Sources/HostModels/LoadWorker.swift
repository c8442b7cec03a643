import HostCore
import HostGeneration
import HostRuntime

/// Runs one load on a thread of its own, since loaders read and convert for seconds without a pause.
///
/// What else has to look at files for a loaded model, such as its fingerprint and the states kept of it, does so here.
actor LoadWorker {
    private let thread = ComputeThread.start(name: "model-load")

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    deinit { thread.shutDown() }

    func load(
        _ load: LoadQueue.Load, with parts: EngineParts
    ) async throws(LoadError) -> ResidentModel {
        // Before anything is opened: a file that is written meanwhile then counts as changed.
        let stamp = FileStamp(load.source, options: load.key.options)
        let samples = ModelFingerprint(of: load.source, adapters: load.key.options.adapters)
        let loaded = try await loaded(load)
        let draftModel = try await parts.draftModel?.model(for: loaded, id: load.key.id)
        if Task.isCancelled { throw LoadError(.cancelled, load.key.id, "the load was cancelled before it finished") }
        let engine = parts.engine(
            for: loaded, id: load.key.id, options: load.key.options, samples: samples, draftModel: draftModel)
        return ResidentModel(load, stamp: stamp, loaded: loaded, engine: engine)
    }

    /// Goes on with what the probe has opened, unless its files have changed since.
    private func loaded(_ load: LoadQueue.Load) async throws(LoadError) -> LoadedModel {
        let options = load.key.options, report = load.reporter.report
        if let opened = load.opened, opened.stamp == FileStamp(load.source) {
            return try await opened.model.load(options: options, progress: report)
        }
        return try await load.loader.load(load.source, options: options, progress: report)
    }
}

/// What engines are made with, besides a model.
struct EngineParts: Sendable {
    let configuration: EngineConfiguration
    let folder: ModelFolder
    let readTunedState: TunedStateReader?
    let sessions: SessionTable
    let stateMemory: StateCache.Memory
    let memory: MemoryBudget
    let draftModel: DraftModel?
    let log: Log

    /// - Cost: lists the files of the state cache.
    func engine(
        for loaded: LoadedModel, id: String, options: LoadOptions, samples: ModelFingerprint, draftModel: (any LanguageModel)?
    ) -> Engine {
        var configuration = configuration
        configuration.threads = options.threads
        return Engine(
            loaded, name: id, fingerprint: samples.text(plan: loaded.info.plan), savedFingerprint: samples.text(plan: ""),
            configuration: configuration,
            tunedStates: readTunedState.map { TunedStates(find: folder.file, loaded: loaded, read: $0) },
            sessions: sessions, stateMemory: stateMemory, memory: memory, draftModel: draftModel, log: log)
    }
}
