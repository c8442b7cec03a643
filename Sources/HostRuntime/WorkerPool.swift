import Dispatch
import Foundation

/// A few operating-system threads for work that computes or blocks for long, which must never happen on the cooperative
/// threads that all streams share.
///
/// Jobs begin in the order they came. Large ones leave a thread to the others, so that small work never waits behind a
/// queue of them; a job whose task is cancelled before it begins is not done.
package final class WorkerPool: Sendable {
    package enum Size: Sendable {
        /// Milliseconds.
        case small
        /// Perhaps seconds.
        case large
    }

    private struct State: Sendable {
        var waiting: [Job] = []
        var largeRunning = 0
        var hasStarted = false
    }

    private let threads: Int
    private let state = Guarded(State())
    private let hasWork = DispatchSemaphore(value: 0)

    /// - Parameter threads: at least 2; they begin with the first job.
    package init(threads: Int) { self.threads = max(2, threads) }

    /// The one pool of the process: as many threads as cores, few enough to leave the engine its own.
    package static let shared = WorkerPool(threads: min(4, ProcessInfo.processInfo.activeProcessorCount))

    /// Runs synchronous work on a thread of the pool and returns what it made.
    ///
    /// - Throws: what the work throws; `CancellationError` where the task was cancelled before the work began.
    package func run<Value: Sendable>(
        _ size: Size = .small, _ work: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        let job = Job(isLarge: size == .large)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Value, any Error>) in
                job.prepare {
                    let result = Result { try work() }
                    return { continuation.resume(with: result) }
                } orDrop: {
                    continuation.resume(throwing: CancellationError())
                }
                guard !Task.isCancelled else { return job.cancel() }
                add(job)
            }
        } onCancel: {
            job.cancel()
            remove(job)
        }
    }

    /// Takes out a job without waiters; one that is added later is taken out when its turn comes.
    private func remove(_ job: Job) { state.withLock { $0.waiting.removeAll { $0 === job } } }

    /// How many jobs wait for a thread.
    package var waitingCount: Int { state.withLock { $0.waiting.count } }

    private func add(_ job: Job) {
        let mustStart = state.withLock { state in
            state.waiting.append(job)
            defer { state.hasStarted = true }
            return !state.hasStarted
        }
        if mustStart { for number in 1...threads { start(number) } }
        hasWork.signal()
    }

    private func start(_ number: Int) {
        let thread = Thread { [self] in
            while true {
                hasWork.wait()
                while let job = next() { finish(job) }
            }
        }
        thread.name = "worker-\(number)"
        thread.stackSize = 8 << 20
        thread.start()
    }

    private func next() -> Job? {
        state.withLock { state in
            let place = state.waiting.firstIndex { !$0.isLarge || state.largeRunning < threads - 1 }
            guard let place else { return nil }
            let job = state.waiting.remove(at: place)
            if job.isLarge { state.largeRunning += 1 }
            return job
        }
    }

    private func finish(_ job: Job) {
        job.run()
        guard job.isLarge else { return }
        state.withLock { $0.largeRunning -= 1 }
        // A large job may have been passed over because of this one.
        hasWork.signal()
    }
}

/// One piece of work and who waits for it; it is either run or dropped, once.
private final class Job: Sendable {
    private struct Content: Sendable {
        /// Does the work and returns what wakes the waiter.
        let work: @Sendable () -> @Sendable () -> Void
        let drop: @Sendable () -> Void
    }

    private enum State: Sendable {
        case unprepared
        case ready(Content)
        case cancelledEarly
        case taken
    }

    let isLarge: Bool
    private let state = Guarded(State.unprepared)

    init(isLarge: Bool) { self.isLarge = isLarge }

    func prepare(
        _ work: @escaping @Sendable () -> @Sendable () -> Void, orDrop drop: @escaping @Sendable () -> Void
    ) {
        state.withLock { state, notices in
            if case .cancelledEarly = state {
                state = .taken
                notices.afterwards(drop)
            } else {
                state = .ready(Content(work: work, drop: drop))
            }
        }
    }

    func run() {
        let content = state.withLock { state -> Content? in
            guard case .ready(let content) = state else { return nil }
            state = .taken
            return content
        }
        content?.work()()
    }

    func cancel() {
        state.withLock { state, notices in
            switch state {
            case .unprepared: state = .cancelledEarly
            case .ready(let content):
                state = .taken
                notices.afterwards(content.drop)
            case .cancelledEarly, .taken: break
            }
        }
    }
}
