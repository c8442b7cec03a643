import HostCore
import Synchronization

/// Whether a store is there, as its connections find it; says in the log when it goes and when it comes back.
final class StoreHealth: Sendable {
    private struct State {
        /// Which connections are up.
        var up: Set<Int> = []
        var isLost = false
        var lostAt = ContinuousClock.now
        var isRefusing = false
        var statistics = StoreStatistics()
    }

    private let name: String
    private let log: Log
    private let connectionCount: Int
    private let state = Mutex(State())

    init(_ name: String, connections: Int, log: Log) {
        self.name = name
        self.log = log
        connectionCount = connections
    }

    var statistics: StoreStatistics {
        state.withLock { state in
            state.statistics.isUp = state.up.count == connectionCount
            return state.statistics
        }
    }

    func count(_ change: (inout StoreStatistics) -> Void) { state.withLock { change(&$0.statistics) } }

    func connected(_ connection: Int) {
        let message: String? = state.withLock { state in
            state.up.insert(connection)
            guard state.up.count == connectionCount else { return nil }
            guard state.isLost else { return "the state store \(name) is there" }
            state.isLost = false
            return "the state store \(name) is back after \((.now - state.lostAt).seconds) s"
        }
        if let message { log.info(message) }
    }

    func lost(_ connection: Int, _ reason: String) {
        let isNew = state.withLock { state in
            state.up.remove(connection)
            guard !state.isLost else { return false }
            state.isLost = true
            state.lostAt = .now
            state.statistics.losses += 1
            return true
        }
        guard isNew else { return }
        log.warning("the state store \(name) is away (\(reason)); until it is back this host reads prompts that others have read")
    }

    /// Says, once for each time it begins, that the store takes nothing.
    func refused(_ reason: String) {
        let isNew = state.withLock { state in
            state.statistics.refused += 1
            defer { state.isRefusing = true }
            return !state.isRefusing
        }
        if isNew { log.warning("the state store \(name) refuses what is written: \(reason)") }
    }

    func accepted() {
        let hasEnded = state.withLock { state in
            state.statistics.written += 1
            defer { state.isRefusing = false }
            return state.isRefusing
        }
        if hasEnded { log.info("the state store \(name) takes what is written again") }
    }
}

extension Duration {
    /// With a tenth, as people read it.
    fileprivate var seconds: String { String((self / .seconds(1) * 10).rounded() / 10) }
}
