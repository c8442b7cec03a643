import Foundation
import Synchronization

/// One job of a pool: numbered pieces that do not touch each other's data.
protocol PoolWork {
    /// - Parameter worker: which of the pool's threads this is, for memory that pieces use one after the other.
    func run(_ piece: Int, worker: Int)
}

/// A fixed set of threads that share out the pieces of one job at a time.
///
/// Workers look for a job for some microseconds and then sleep. The caller works too and takes whatever pieces nobody has
/// begun, so a worker that the system has put aside delays nothing but the piece in its hands.
package final class ThreadPool: Sendable {
    /// Threads that work on a job, the caller among them.
    package let threadCount: Int
    /// Where parts are timed; nil but for benchmarks.
    let trace: PoolTrace?
    private let shared: SharedJob
    private let isStarted = Atomic<Bool>(false)

    /// The most threads that anybody may ask for. More than a few for each core only wait for each other, and each takes
    /// memory for its stack.
    package static var maximumThreads: Int { max(64, 4 * ProcessInfo.processInfo.activeProcessorCount) }

    /// - Parameters:
    ///   - threads: nil or less than one means one for each physical core.
    ///   - startsLater: whether the caller works alone until `start` is called.
    ///   - trace: has the parts of all jobs timed.
    package init(threads: Int? = nil, startsLater: Bool = false, trace: PoolTrace? = nil) {
        let wanted = threads ?? 0
        threadCount = wanted > 0 ? wanted : PhysicalCores.count()
        self.trace = trace
        shared = SharedJob(threads: threadCount)
        if !startsLater { start() }
    }

    /// Starts the threads, the first time that it is called.
    package func start() {
        guard trace?.isAlone != true, !isStarted.exchange(true, ordering: .relaxed) else { return }
        for index in 1..<max(threadCount, 1) {
            let shared = shared
            let thread = Thread { shared.serve(worker: index) }
            thread.name = "compute-\(index)"
            thread.start()
        }
    }

    deinit { shared.stop() }

    /// Calls `body` once with each number in 0..<count, on several threads, and returns when all calls have returned.
    ///
    /// The calls must not touch each other's data. A call from within a body, or while another thread's job runs, does
    /// all its pieces by itself.
    /// - Cost: takes memory for the closure; `parallel(_:work:)` does not.
    package func parallel(_ count: Int, _ body: (Int) -> Void) {
        withoutActuallyEscaping(body) { parallel(count, work: Calls(body: $0)) }
    }

    /// The same with a value in place of a closure, for what runs many times for each token.
    func parallel(_ count: Int, work: some PoolWork) {
        if let trace { share(count, trace.timed(work, count: count)) } else { share(count, work) }
    }

    private func share(_ count: Int, _ work: some PoolWork) {
        guard count > 1, threadCount > 1, shared.claim() else {
            for piece in 0..<count { work.run(piece, worker: 0) }
            return
        }
        shared.run(count, work)
    }

    private struct Calls: PoolWork {
        let body: (Int) -> Void
        func run(_ piece: Int, worker: Int) { body(piece) }
    }
}
