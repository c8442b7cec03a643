import HostCore
package import HostGeneration

extension ModelManager {
    /// A load that has begun, and its end; it holds no model, so that one that goes does not wait for it.
    package struct PendingLoad: Sendable {
        fileprivate let id: String
        fileprivate let unloads: Int
        /// The loaded model's number.
        fileprivate let end: Task<Result<Int, ModelServiceError>, Never>
    }

    /// Begins to load what `--model` names, also a path outside of the model folder; requests from then on wait for it.
    ///
    /// It goes on regardless of who waits for it, and is tried once; the one who finishes it learns why it failed, and the log does not say.
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
            id: key.id, unloads: unloadCount,
            end: Task {
                do throws(ModelServiceError) { return .success(try await wait(for: number).number) } catch { return .failure(error) }
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
        try choose(result.get(), named: pending.id, unless: pending.unloads)
    }
}
