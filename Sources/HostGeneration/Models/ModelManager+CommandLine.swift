import HostCore

extension ModelManager {
    /// A load that has begun, and its end.
    package struct PendingLoad: Sendable {
        fileprivate let unloads: Int
        fileprivate let end: Task<LoadResult, Never>
    }

    /// Begins to load what `--model` names, also a path outside of the model folder; requests from then on wait for it.
    ///
    /// It goes on whoever waits for it, and is tried once; who finishes it is told why it failed, and the log is not.
    package func beginFromCommandLine(_ name: String) async throws(ModelServiceError) -> PendingLoad {
        let entry: ModelCatalog.Entry
        do {
            entry = try await catalog.entry(commandLine: name)
        } catch {
            throw .load(error)
        }
        let key = LoadKey(id: entry.source.id, options: configuration.loadOptions)
        let number = try start(key, entry: entry, isKept: true)
        return PendingLoad(
            unloads: unloadCount,
            end: Task {
                do throws(ModelServiceError) { return .success(try await wait(for: number)) } catch { return .failure(error) }
            })
    }

    /// Returns when a load that has begun is done; its model is then the current one.
    ///
    /// - Throws: `.abandoned` at once when the calling task is cancelled; the load goes on then.
    package func finish(_ pending: PendingLoad) async throws(ModelServiceError) {
        let result = await withTaskCancellationHandler {
            await pending.end.value
        } onCancel: {
            pending.end.cancel()
        }
        try choose(result.get(), unless: pending.unloads)
    }
}
