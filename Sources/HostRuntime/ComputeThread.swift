import Dispatch
import Foundation
import Synchronization

/// One operating-system thread on which an actor runs, so that long synchronous work never occupies the cooperative pool.
///
/// Work runs in the order it came. The thread ends when `shutDown` has been called and its work is done.
package final class ComputeThread: SerialExecutor {
    private enum Work {
        case job(UnownedJob)
        case closure(@Sendable () -> Void)
    }

    private struct State {
        var work: [Work] = []
        var isShutDown = false
        /// The running `Thread` object.
        var thread: ObjectIdentifier?
    }

    private let state = Mutex(State())
    private let hasWork = DispatchSemaphore(value: 0)

    private init() {}

    /// - Parameter name: shown by debuggers and `top`.
    package static func start(name: String) -> ComputeThread {
        let executor = ComputeThread()
        let worker = Thread { executor.drain() }
        worker.name = name
        worker.stackSize = 8 << 20
        worker.start()
        return executor
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        add(.job(UnownedJob(job)))
    }

    /// Runs a closure after what is queued already, outside any task.
    package func perform(_ closure: @escaping @Sendable () -> Void) {
        add(.closure(closure))
    }

    /// Ends the thread after what is queued already.
    package func shutDown() {
        state.withLock { $0.isShutDown = true }
        hasWork.signal()
    }

    @safe package func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        unsafe UnownedSerialExecutor(ordinary: self)
    }

    package func checkIsolated() {
        precondition(isCurrentThread, "called off the compute thread")
    }

    package func isIsolatingCurrentContext() -> Bool? { isCurrentThread }

    private var isCurrentThread: Bool {
        let current = ObjectIdentifier(Thread.current)
        return state.withLock { $0.thread == current }
    }

    private func add(_ work: Work) {
        let wasEmpty = state.withLock { state in
            state.work.append(work)
            return state.work.count == 1
        }
        if wasEmpty { hasWork.signal() }
    }

    private func drain() {
        let current = ObjectIdentifier(Thread.current)
        state.withLock { $0.thread = current }
        while true {
            let (batch, isShutDown) = state.withLock { state in
                defer { state.work = [] }
                return (state.work, state.isShutDown)
            }
            for work in batch {
                switch work {
                case .job(let job): unsafe job.runSynchronously(on: asUnownedSerialExecutor())
                case .closure(let closure): closure()
                }
            }
            guard batch.isEmpty else { continue }
            if isShutDown { return }
            hasWork.wait()
        }
    }
}
