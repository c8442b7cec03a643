// HostRuntime: what every module waits on: locks, threads, memory and signals. It knows nothing of models or HTTP.

import Synchronization

/// State behind a lock; others are notified only once the lock is open.
///
/// The rule of this project: **never resume a continuation, call out, log, or wake a thread while holding a lock.** A task's
/// cancellation handler runs under a lock of the Swift runtime, and resuming that task wants the same lock; a handler that
/// wants ours while we resume under it is a deadlock of two threads that no timeout ends. The body of `withLock` therefore
/// hands notifications to `Notices`, which act after the lock has been released. Every lock near a continuation is one
/// of these; a structure test keeps `Mutex` out of files that hold continuations.
package struct Guarded<State: Sendable>: ~Copyable, Sendable {
    private let mutex: Mutex<State>

    package init(_ state: State) { mutex = Mutex(state) }

    /// Runs `body` under the lock, then delivers what it left in the notices, in order.
    package borrowing func withLock<Result: Sendable, Failure: Error>(
        _ body: (inout State, inout Notices) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var notices = Notices()
        let result = mutex.withLock { state -> Swift.Result<Result, Failure> in
            do throws(Failure) {
                return .success(try body(&state, &notices))
            } catch {
                return .failure(error)
            }
        }
        notices.deliver()
        return try result.get()
    }

    /// Runs a body that notifies no one.
    package borrowing func withLock<Result: Sendable, Failure: Error>(
        _ body: (inout State) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try withLock { (state, _) throws(Failure) in try body(&state) }
    }
}

/// What is to happen once a lock is open again.
package struct Notices: ~Copyable {
    private var actions: [() -> Void] = []

    fileprivate init() {}

    /// Has `action` run after the lock is released.
    package mutating func afterwards(_ action: @escaping () -> Void) { actions.append(action) }

    package mutating func resume<Value: Sendable, Failure: Error>(
        _ continuation: CheckedContinuation<Value, Failure>?, returning value: Value
    ) {
        if let continuation { actions.append { continuation.resume(returning: value) } }
    }

    package mutating func resume<Value, Failure: Error>(
        _ continuation: CheckedContinuation<Value, Failure>?, throwing failure: Failure
    ) {
        if let continuation { actions.append { continuation.resume(throwing: failure) } }
    }

    fileprivate consuming func deliver() {
        for action in actions { action() }
    }
}

extension Notices {
    package mutating func resume<Failure: Error>(_ continuation: CheckedContinuation<Void, Failure>?) {
        resume(continuation, returning: ())
    }
}
