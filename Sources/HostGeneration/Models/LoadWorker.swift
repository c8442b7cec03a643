import HostCore

/// Runs one load on a thread of its own, since loaders read and convert for seconds without a pause.
actor LoadWorker {
    private let thread = ComputeThread.start(name: "model-load")

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    deinit { thread.shutDown() }

    func load(
        _ source: ModelSource, with loader: any ModelLoader, options: LoadOptions,
        progress: @escaping LoadProgressHandler
    ) async throws(LoadError) -> LoadedModel {
        try await loader.load(source, options: options, progress: progress)
    }
}
