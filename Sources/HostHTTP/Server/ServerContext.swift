import HostRuntime
import Synchronization

/// What the loop, the tasks of the requests and the server object share.
final class ServerContext: Sendable {
    let limits: HTTPLimits
    /// Nil where bytes go as they are.
    let tls: TLSContext?
    let handler: any HTTPHandler
    let log: @Sendable (String) -> Void
    let mailbox: Mailbox
    /// Memory for bodies, and for answers that wait for slow readers.
    let budget: MemoryBudget
    /// Tasks that outlive their clients.
    let ledger = TaskLedger()
    /// Opens when nothing is being answered any more after `drain`, or when its time is over.
    let drained = Latch()
    let finished = Latch()
    private let counters = Mutex(HTTPStatistics())
    private let draining = Atomic(false)

    init(
        limits: HTTPLimits, tls: TLSContext?, handler: any HTTPHandler, log: @escaping @Sendable (String) -> Void, mailbox: Mailbox,
        budget: MemoryBudget
    ) {
        self.limits = limits
        self.tls = tls
        self.budget = budget
        self.handler = handler
        self.log = log
        self.mailbox = mailbox
    }

    var statistics: HTTPStatistics { counters.withLock { $0 } }

    func count(_ change: (inout HTTPStatistics) -> Void) {
        counters.withLock { change(&$0) }
    }

    /// True when every answer is the last of its connection.
    var isDraining: Bool { draining.load(ordering: .relaxed) }

    func startDraining() {
        draining.store(true, ordering: .relaxed)
    }
}
