import Dispatch
import Synchronization

/// How many bytes all requests together may take at one time.
///
/// Code that is about to hold memory for a client (a body, a parsed value, a prompt in the queue, an answer that waits for
/// its reader) reserves it here first and is refused where it does not fit, so that load shows as an error with a status
/// and never as an exhausted machine.
///
/// When most of a large peak has been given back, freed memory goes back to the system, too.
///
/// - Cost: a reservation is one atomic exchange.
package final class MemoryBudget: Sendable {
    /// Bytes in all.
    package let limit: Int
    private let reserved = Atomic(0)
    /// The most that was reserved since memory last went back to the system.
    private let peak = Atomic(0)
    private let trimming = DispatchQueue(label: "modelhost.trim")

    /// Smaller peaks leave nothing that is worth giving back.
    private static let notablePeak = 8 << 20

    package init(limit: Int) { self.limit = max(0, limit) }

    /// For tests and commands that serve no clients.
    package static let unlimited = MemoryBudget(limit: .max)

    package var used: Int { reserved.load(ordering: .relaxed) }
    package var available: Int { max(0, limit - used) }

    /// Bytes that go back when the last reference to the share goes; nil where they do not fit.
    package func reserve(_ bytes: Int) -> MemoryShare? {
        guard take(bytes) else { return nil }
        return MemoryShare(of: self, bytes)
    }

    /// A share that takes nothing yet.
    package func emptyShare() -> MemoryShare { MemoryShare(of: self, 0) }

    fileprivate func take(_ bytes: Int) -> Bool {
        var current = used
        while true {
            guard bytes <= limit - current else { return false }
            let (exchanged, original) = reserved.compareExchange(
                expected: current, desired: current + bytes, ordering: .relaxed)
            if exchanged {
                peak.max(current + bytes, ordering: .relaxed)
                return true
            }
            current = original
        }
    }

    fileprivate func giveBack(_ bytes: Int) {
        let left = reserved.subtract(bytes, ordering: .relaxed).newValue
        let highest = peak.load(ordering: .relaxed)
        guard highest > MemoryBudget.notablePeak, left < highest / 4 else { return }
        let (isFirst, _) = peak.compareExchange(expected: highest, desired: left, ordering: .relaxed)
        // A moment later, since what was reserved is freed after it has been given back.
        if isFirst { trimming.asyncAfter(deadline: .now() + .milliseconds(100)) { Allocator.trim() } }
    }
}

/// A part of a budget, held by whatever takes the memory.
package final class MemoryShare: Sendable {
    private let budget: MemoryBudget
    private let held: Atomic<Int>

    fileprivate init(of budget: MemoryBudget, _ bytes: Int) {
        self.budget = budget
        held = Atomic(bytes)
    }

    deinit { budget.giveBack(bytes) }

    package var bytes: Int { held.load(ordering: .relaxed) }

    /// Takes this many bytes more; false, and nothing taken, where they do not fit.
    package func grow(by bytes: Int) -> Bool {
        guard bytes > 0 else { return true }
        guard budget.take(bytes) else { return false }
        held.add(bytes, ordering: .relaxed)
        return true
    }

    /// Gives back all beyond this.
    package func shrink(to bytes: Int) {
        let excess = self.bytes - bytes
        guard excess > 0 else { return }
        held.subtract(excess, ordering: .relaxed)
        budget.giveBack(excess)
    }
}
