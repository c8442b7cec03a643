import HostRuntime
import Synchronization

/// How many requests are still worked on although their clients have left.
///
/// A closed connection frees its place at once, but the task of its request may go on for a while; until it has ended it
/// counts as a connection of its address, so that leaving early makes no client's share larger.
final class TaskLedger: Sendable {
    private let left = Mutex<(total: Int, byHost: [String: Int])>((0, [:]))

    /// Tasks whose clients have left, of all addresses.
    var total: Int { left.withLock { $0.total } }

    func count(of host: String) -> Int { left.withLock { $0.byHost[host] ?? 0 } }

    fileprivate func change(_ host: String, by number: Int) {
        left.withLock { left in
            left.total += number
            let count = (left.byHost[host] ?? 0) + number
            left.byHost[host] = count == 0 ? nil : count
        }
    }
}

/// The place that one request's task takes.
final class TaskPlace: Sendable {
    private enum State: Sendable {
        case working, left, ended
    }

    private let ledger: TaskLedger
    private let host: String
    private let state = Guarded(State.working)

    init(_ ledger: TaskLedger, host: String) {
        self.ledger = ledger
        self.host = host
    }

    /// Notes that the client has left; false if the task has ended already.
    func clientLeft() -> Bool {
        state.withLock { [ledger, host] state, notices in
            guard case .working = state else { return false }
            state = .left
            notices.afterwards { ledger.change(host, by: 1) }
            return true
        }
    }

    func taskEnded() {
        state.withLock { [ledger, host] state, notices in
            if case .left = state { notices.afterwards { ledger.change(host, by: -1) } }
            state = .ended
        }
    }
}
