import Dispatch

/// Signals that something in a folder, or in the folders in it, may have changed; what, its reader finds out.
///
/// On Linux the system says so at once. It says nothing of what other machines do to a network disk, and has no more than a
/// few hundred folders watched for one program here, so that the reader also gets a signal at regular times.
package struct FolderWatch: Sendable {
    /// One element for any number of changes since the last was taken; ends with the watch. The first comes once the watch has
    /// begun: what changed before, nothing else reports.
    package let signals: AsyncStream<Void>

    /// Between two signals where nothing is heard of.
    package static let longestSilence = Duration.seconds(60)
    /// The same where the system does not watch everything.
    static let pollingInterval = Duration.seconds(5)

    /// - Parameter depth: how many folders deep to look; names that begin with a dot are left out.
    package init(_ folder: String, depth: Int = 2) {
        let (signals, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        self.signals = signals
        let watcher = FolderWatcher(folder, depth: depth) { continuation.yield() }
        continuation.onTermination = { _ in watcher.stop() }
        watcher.start()
    }
}

/// What watches, on a queue of its own.
private final class FolderWatcher: @unchecked Sendable {
    private static let maximumFolders = 256

    private let root: String
    private let depth: Int
    private let signal: @Sendable () -> Void
    private let queue = DispatchQueue(label: "modelhost.folder-watch", qos: .utility)
    /// These belong to the queue.
    private var events: FolderEvents?
    private var timer: (any DispatchSourceTimer)?

    init(_ root: String, depth: Int, signal: @escaping @Sendable () -> Void) {
        (self.root, self.depth, self.signal) = (root, depth, signal)
    }

    func start() {
        queue.async { [self] in
            events = FolderEvents(on: queue) { [weak self] in self?.look() }
            look()
        }
    }

    func stop() {
        queue.async { [self] in
            timer?.cancel()
            timer = nil
            events?.stop()
            events = nil
        }
    }

    private func look() {
        // Folders may have come.
        schedule(watchesAll: watch())
        signal()
    }

    /// The next time to signal without having heard anything.
    private func schedule(watchesAll: Bool) {
        let interval = watchesAll ? FolderWatch.longestSilence : FolderWatch.pollingInterval
        let next = timer ?? DispatchSource.makeTimerSource(queue: queue)
        next.schedule(deadline: .now() + .seconds(Int(interval.components.seconds)), leeway: .seconds(1))
        guard timer == nil else { return }
        timer = next
        next.setEventHandler { [weak self] in self?.look() }
        next.resume()
    }

    /// Whether the system watches the folder and all that it should in it.
    private func watch() -> Bool {
        guard let events else { return false }
        var waiting = [(root, 0)], count = 0
        while let (folder, level) = waiting.popLast() {
            count += 1
            guard count <= Self.maximumFolders, events.watch(folder) else { return false }
            guard level < depth else { continue }
            for entry in FolderEntry.all(in: folder) where entry.kind == .folder && !entry.name.hasPrefix(".") {
                waiting.append(("\(folder)/\(entry.name)", level + 1))
            }
        }
        return true
    }
}
