/// A door that opens once; until then callers wait, unless their task is cancelled.
package final class Latch: Sendable {
    private struct State {
        var isOpen = false
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
        var nextTicket = 0
    }

    private let state = Guarded(State())

    package init() {}

    /// Returns when the door is open, or when the waiting task is cancelled.
    package func wait() async {
        let ticket = state.withLock { state in
            state.nextTicket += 1
            return state.nextTicket
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                state.withLock { state, notices in
                    if state.isOpen || Task.isCancelled { return notices.resume(continuation) }
                    state.waiters[ticket] = continuation
                }
            }
        } onCancel: {
            state.withLock { state, notices in notices.resume(state.waiters.removeValue(forKey: ticket)) }
        }
    }

    package func open() {
        state.withLock { state, notices in
            state.isOpen = true
            for waiter in state.waiters.values { notices.resume(waiter) }
            state.waiters = [:]
        }
    }
}
