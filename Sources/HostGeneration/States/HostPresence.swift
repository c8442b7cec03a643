import HostRuntime
package import HostStore

/// Says in the store that this host is alive, and learns there of others, and of texts that are to stop.
package final class HostPresence: Sendable {
    /// After this long without a word a host counts as gone.
    private static let seconds = 4
    /// After this long without a word a session that it holds is free.
    static let markSeconds = 60
    private static let interval = Duration.milliseconds(250)
    private static let looksBetweenWords = 4
    /// How long the store remembers that a text is being written, and that everything is to stop.
    private static let textSeconds = 3600
    private static let stopSeconds = 60
    private static let stopKey = "\(StoreKey.layout):stop"

    /// Another one for each start.
    package let name: String
    private let store: any SharedStore
    private let held = Guarded(Set<String>())

    package init(_ store: any SharedStore) {
        self.store = store
        var random = SystemRandomNumberGenerator()
        name = String(UInt64.random(in: 0 ... .max, using: &random), radix: 16)
    }

    private static func hostKey(_ name: String) -> String { "\(StoreKey.layout):host:\(name)" }
    private static func textKey(_ id: String) -> String { "\(StoreKey.layout):text:\(id)" }
    private static func stopKey(_ id: String) -> String { "\(stopKey):\(id)" }

    /// Keeps a name on a session until `letGo`.
    func hold(_ mark: String) { held.withLock { _ = $0.insert(mark) } }

    func letGo(_ mark: String) { held.withLock { _ = $0.remove(mark) } }

    /// Whether another host has said so lately; true where that cannot be found out.
    func isAlive(_ name: String) async -> Bool {
        guard let answer = await store.ask([.length(Self.hostKey(name))])?.first else { return true }
        return answer != .integer(0)
    }

    /// Has every host that shares the store stop its texts.
    package func stopEverywhere() async {
        _ = await store.write([.increment(Self.stopKey), .expire(Self.stopKey, seconds: Self.textSeconds)])
    }

    /// Says that a text of this name is being written here.
    package func begin(_ id: String) { store.tell([.set(Self.textKey(id), Array(name.utf8), seconds: Self.textSeconds)]) }

    package func end(_ id: String) { store.tell([.delete(Self.textKey(id))]) }

    /// Has whichever host writes a text stop it.
    ///
    /// - Returns: whether one does.
    package func stop(_ id: String) async -> Bool {
        guard let length = await store.ask([.length(Self.textKey(id))])?.first, length != .integer(0) else { return false }
        return await store.write([.set(Self.stopKey(id), [1], seconds: Self.stopSeconds)])
    }

    /// Says until its task ends that this host is alive.
    ///
    /// - Parameters:
    ///   - texts: what is being written here and may be stopped by name.
    ///   - stop: called with the name of a text that is to stop, or nil for all of them.
    package func run(texts: @Sendable () -> [String], stop: @Sendable (String?) async -> Void) async {
        var seen: RESPValue?, count = 0, isKnown = false
        while !Task.isCancelled {
            if count.isMultiple(of: Self.looksBetweenWords) {
                let marks = held.withLock { Array($0) }
                // What is there a full store keeps as well.
                if !isKnown { store.tell([.set(Self.hostKey(name), [1], seconds: Self.seconds)]) }
                store.tell([.expire(Self.hostKey(name), seconds: Self.seconds)] + marks.map { .expire($0, seconds: Self.markSeconds) })
            }
            count += 1
            let ids = texts()
            if let answers = await store.ask([.get(Self.stopKey), .exists(Self.hostKey(name))] + ids.map { .length(Self.stopKey($0)) }) {
                if let seen, answers[0] != seen, answers[0] != .nothing { await stop(nil) }
                seen = answers[0]
                isKnown = answers[1] == .integer(1)
                for (id, length) in zip(ids, answers.dropFirst(2)) where length == .integer(1) { await stop(id) }
            }
            try? await Task.sleep(for: Self.interval)
        }
        store.tell([.delete(Self.hostKey(name))])
    }
}
