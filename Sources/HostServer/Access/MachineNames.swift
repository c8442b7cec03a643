import Synchronization

/// The names by which other machines of a network may call this one.
///
/// They are read again after a minute, since a network can rename a machine while the host runs.
final class MachineNames: Sendable {
    private struct Known {
        var names: Set<String> = []
        var readAt: ContinuousClock.Instant?
    }

    private let read: @Sendable () -> String?
    private let validity: Duration
    private let known = Mutex(Known())

    /// - Parameter read: the machine's own name, asked for at the first use.
    init(validity: Duration = .seconds(60), read: @escaping @Sendable () -> String?) {
        self.read = read
        self.validity = validity
    }

    /// - Parameter name: in lower case, without a dot at its end.
    func contains(_ name: String) -> Bool {
        let now = ContinuousClock.now
        let current = known.withLock { known -> Set<String>? in
            guard let readAt = known.readAt, now - readAt < validity else { return nil }
            return known.names
        }
        if let current { return current.contains(name) }
        let names = Self.names(of: read())
        known.withLock { $0 = Known(names: names, readAt: now) }
        return names.contains(name)
    }

    /// The name as it is, its first part, and that part under `.local`, where multicast DNS finds it.
    private static func names(of machine: String?) -> Set<String> {
        guard let name = machine.flatMap(LoopbackName.hostName(ofHeader:)) else { return [] }
        let first = String(name.prefix { $0 != "." })
        return [name, first, first + ".local"]
    }
}
