import HostCore
import HostFiles
import HostRuntime

/// Something that happened to a model of the folder.
package struct CatalogChange: Sendable, Equatable {
    package enum Kind: String, Sendable {
        /// A model, or something that may become one, is there now.
        case appeared
        case gone
        /// Its files are others, or it has become whole.
        case changed
    }

    package let kind: Kind
    package let id: String
    /// Whether a loader takes it.
    package let isUsable: Bool
}

/// Follows the model folder while the host runs, and notifies everyone who listens.
package final class CatalogWatch: Sendable {
    private struct State {
        var listeners: [Int: AsyncStream<CatalogChange>.Continuation] = [:]
        var count = 0
    }

    /// What distinguishes one state of a model from the next.
    private struct Seen: Equatable {
        let facts: FileFacts?
        let isUsable: Bool
        let isIncomplete: Bool
    }

    /// A copy of many files makes many signals.
    private static let pause = Duration.milliseconds(300)
    /// Between looks while a file grows.
    private static let patience = Duration.seconds(1)
    /// Changes that wait for a listener that does not come for them.
    private static let backlog = 256

    private let catalog: ModelCatalog
    private let state = Guarded(State())

    package init(_ catalog: ModelCatalog) { self.catalog = catalog }

    /// What happens from now on, for as long as the stream is read; of more than a few hundred changes the oldest are lost.
    package func changes() -> AsyncStream<CatalogChange> {
        let (stream, continuation) = AsyncStream.makeStream(of: CatalogChange.self, bufferingPolicy: .bufferingNewest(Self.backlog))
        let number = state.withLock { state in
            state.count += 1
            state.listeners[state.count] = continuation
            return state.count
        }
        continuation.onTermination = { [weak self] _ in self?.state.withLock { $0.listeners[number] = nil } }
        return stream
    }

    /// Signals that there were changes, for those who look for themselves; one signal may stand for many.
    package func signals() -> AsyncStream<Void> {
        let changes = changes()
        return AsyncStream(bufferingPolicy: .bufferingNewest(1)) { continuation in
            let task = Task {
                for await _ in changes { continuation.yield() }
                continuation.finish()
            }
            continuation.onTermination = { _ in task.cancel() }
        }
    }

    /// Follows the folder until the task is cancelled.
    package func run() async {
        var seen = await look()
        for await _ in FolderWatch(catalog.folder.path).signals {
            repeat {
                try? await Task.sleep(for: seen.values.allSatisfy(\.isUsable) ? Self.pause : Self.patience)
                if Task.isCancelled { return }
                let now = await look()
                report(Self.changes(from: seen, to: now))
                seen = now
                // A file that only grows makes no signal until it is closed.
            } while seen.values.contains { !$0.isUsable && $0.facts?.isFresh == true }
        }
    }

    private func look() async -> [String: Seen] {
        let entries = await catalog.entries()
        return Dictionary(
            entries.map { entry in
                let isUsable = entry.verdict.winner != nil
                let facts = FileFacts(path: entry.source.path)
                return (entry.source.id, Seen(facts: facts, isUsable: isUsable, isIncomplete: entry.isIncomplete))
            }, uniquingKeysWith: { first, _ in first })
    }

    private static func changes(from old: [String: Seen], to new: [String: Seen]) -> [CatalogChange] {
        let gone = old.keys.filter { new[$0] == nil }.map { CatalogChange(kind: .gone, id: $0, isUsable: false) }
        let others = new.compactMap { id, seen -> CatalogChange? in
            guard old[id] != seen else { return nil }
            // While a file grows, not each megabyte is news.
            if let before = old[id], before.isIncomplete, seen.isIncomplete { return nil }
            return CatalogChange(kind: old[id] == nil ? .appeared : .changed, id: id, isUsable: seen.isUsable)
        }
        return (gone + others).sorted { ($0.id, $0.kind.rawValue) < ($1.id, $1.kind.rawValue) }
    }

    private func report(_ changes: [CatalogChange]) {
        let listeners = state.withLock { Array($0.listeners.values) }
        for change in changes { for listener in listeners { listener.yield(change) } }
    }
}
