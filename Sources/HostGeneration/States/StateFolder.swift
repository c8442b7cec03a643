package import Dispatch
package import HostCore
import HostFiles
import HostRuntime
import Synchronization

/// The state cache's files, of all models together: written behind the requests, found again after a restart, the oldest
/// removed first.
///
/// Never a reason to fail: a file that cannot be written or is damaged is logged, removed, and forgotten. Several
/// processes may share a folder: they take turns at writing, and each counts what the others left.
package final class StateFolder: Sendable {
    /// States that wait to be written; where the disk is slower than the requests, further ones are not kept.
    private static let maximumWaiting = 16

    private let path: String
    private let capacity: Int
    private let log: Log
    private let index = Mutex(StateFolderIndex())
    private let work = Mutex(Work())
    private let writer = DispatchQueue(label: "state-cache")

    private struct Work {
        var waitingCount = 0
        /// Nothing new is taken on.
        var isClosed = false
        /// What waits is not written any more.
        var isAbandoned = false
    }

    /// - Parameter capacity: in bytes, of all files together.
    package init(path: String, capacity: Int, log: Log) {
        self.path = path
        self.capacity = capacity
        self.log = log
        index.withLock { $0.look(into: path) }
        writer.async { [self] in
            let lock = FolderLock(path)
            index.withLock { $0.look(into: path) }
            makeRoom(for: 0)
            withExtendedLifetime(lock) {}
        }
    }

    /// The token counts of what is there.
    var lengths: [Int] { index.withLock { Array($0.lengths.keys) } }

    /// False where it is there already, or as many wait as may.
    @discardableResult
    func save(_ entry: StateCache.Entry, for key: PrefixDigest.Key, of shape: StateShape) -> Bool {
        let isKnown = index.withLock { $0.contains(key) }
        let isAccepted = work.withLock { work in
            guard !isKnown, !work.isClosed, work.waitingCount < Self.maximumWaiting else { return false }
            work.waitingCount += 1
            return true
        }
        guard isAccepted else { return false }
        writer.async { [self] in
            if !work.withLock({ $0.isAbandoned }) { write(entry, for: key, of: shape) }
            work.withLock { $0.waitingCount -= 1 }
        }
        return true
    }

    /// What is kept for a beginning; nil where nothing is, or nothing that the model could go on from.
    ///
    /// - Cost: reads a file as large as a state.
    func load(_ key: PrefixDigest.Key, of shape: StateShape) -> StateCache.Entry? {
        guard index.withLock({ $0.contains(key) }) else { return nil }
        let name = StateFolderIndex.name(of: key)
        do {
            return try shape.entry(shape.bytes(of: name, in: path), for: key, as: name)
        } catch {
            giveUp(name, error)
            return nil
        }
    }

    /// Forgets a file that cannot be used; it is removed where its bytes are at fault, not where reading failed.
    private func giveUp(_ name: String, _ error: any Error) {
        let reading = (error as? FileError)?.kind
        if reading == .denied || reading == .failed { return log.warning("state cache: \(error)") }
        // Another process may have made room.
        if reading != .missing { log.warning("state cache: \(error)") }
        index.withLock { $0.forget(name) }
        guard reading != .missing else { return }
        writer.async { [self] in
            let lock = FolderLock(path)
            remove(name)
            withExtendedLifetime(lock) {}
        }
    }

    /// Waits until everything is written, at most this long; what is left then stays unwritten, and nothing new is taken.
    package func finish(within time: DispatchTimeInterval) {
        work.withLock { $0.isClosed = true }
        let done = DispatchSemaphore(value: 0)
        writer.async { done.signal() }
        if done.wait(timeout: .now() + time) == .timedOut { work.withLock { $0.isAbandoned = true } }
    }

    private func write(_ entry: StateCache.Entry, for key: PrefixDigest.Key, of shape: StateShape) {
        let bytes = shape.encoded(entry, for: key), name = StateFolderIndex.name(of: key)
        guard bytes.count <= capacity else { return }
        let lock = FolderLock(path)
        defer { withExtendedLifetime(lock) {} }
        index.withLock { $0.look(into: path) }
        makeRoom(for: bytes.count)
        do {
            try PrivateFile.write(bytes, to: "\(path)/\(name)")
        } catch {
            log.warning("state cache: \(path)/\(name) could not be written: \(error.problem)")
            return
        }
        index.withLock { $0.add(name, in: path) }
    }

    private func makeRoom(for byteCount: Int) {
        while let oldest = index.withLock({ $0.byteCount + byteCount > capacity ? $0.oldest : nil }) { remove(oldest) }
    }

    private func remove(_ name: String) {
        do {
            try PrivateFile.remove("\(path)/\(name)")
        } catch {
            log.warning("state cache: \(path)/\(name) could not be removed: \(error.problem)")
        }
        index.withLock { $0.removed(name, in: path) }
    }
}

extension StateFolder: StateTier {
    var level: StateLevel { .folder }

    func find(in text: PrefixText, beyond known: Int, of shape: StateShape) async -> Found? {
        try? await WorkerPool.shared.run { [self] in
            let lengths = lengths.filter { known < $0 && $0 <= text.tokens.count }
            for key in text.keys(at: lengths).reversed() {
                guard let entry = load(key, of: shape) else { continue }
                if key.count < text.tokens.count || entry.logits != nil { return (key, entry) }
            }
            return nil
        }
    }

    func keep(_ entry: StateCache.Entry, at place: PrefixDigest.Place, of shape: StateShape) -> Bool {
        save(entry, for: place.key, of: shape)
    }
}

extension StateFolder: Hashable {
    package static func == (left: StateFolder, right: StateFolder) -> Bool { left === right }

    package func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
