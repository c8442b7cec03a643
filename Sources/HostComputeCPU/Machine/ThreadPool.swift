import CHostKernels
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
    private let shared = SharedJob()
    private let isStarted = Atomic<Bool>(false)

    /// The most threads that anybody may ask for. More than a few for each core only wait for each other, and each takes
    /// memory for its stack.
    package static var maximumThreads: Int { max(64, 4 * ProcessInfo.processInfo.activeProcessorCount) }

    /// - Parameters:
    ///   - threads: nil or less than one means one for each physical core.
    ///   - startsLater: whether the caller works alone until `start` is called.
    package init(threads: Int? = nil, startsLater: Bool = false) {
        let wanted = threads ?? 0
        threadCount = wanted > 0 ? wanted : PhysicalCores.count()
        if !startsLater { start() }
    }

    /// Starts the threads, the first time that it is called.
    package func start() {
        guard !isStarted.exchange(true, ordering: .relaxed) else { return }
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

extension PoolWork {
    fileprivate static func run(_ piece: Int, worker: Int, of work: UnsafeRawPointer) {
        unsafe work.assumingMemoryBound(to: Self.self).pointee.run(piece, worker: worker)
    }
}

/// What the caller and the workers of a pool share.
///
/// `state` says all about the current job in one word: its number, whether it still takes workers, and how many have
/// joined. A worker reads `work` only between joining and leaving, and the caller keeps it alive until all have left.
@safe private final class SharedJob: @unchecked Sendable {
    private static let open: UInt64 = 1 << 31
    /// About 50 µs of looking before a worker sleeps: longer than the gaps between the jobs of one token.
    private static let looksBeforeSleep = 2000

    private let state = Atomic<UInt64>(0)
    private let next = Atomic<Int>(0)
    private let sleepers = Atomic<Int>(0)
    private let isClaimed = Atomic<Bool>(false)
    private let isStopped = Atomic<Bool>(false)
    private let alarm = NSCondition()
    private var count = 0
    /// The job, on the stack of its caller, and its type.
    private var work: (type: any PoolWork.Type, value: UnsafeRawPointer)?

    /// Whether the caller may run a job now.
    func claim() -> Bool {
        isClaimed.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged
    }

    /// Runs a job; the caller has claimed the pool.
    func run<Work: PoolWork>(_ count: Int, _ job: Work) {
        unsafe withUnsafePointer(to: job) { pointer in
            unsafe work = (Work.self, UnsafeRawPointer(pointer))
            self.count = count
            next.store(0, ordering: .relaxed)
            let number = (state.load(ordering: .relaxed) >> 32) &+ 1
            state.store(number << 32 | Self.open, ordering: .sequentiallyConsistent)
            if sleepers.load(ordering: .sequentiallyConsistent) > 0 {
                alarm.lock()
                alarm.broadcast()
                alarm.unlock()
            }
            runPieces(worker: 0)
            state.bitwiseAnd(~Self.open, ordering: .acquiringAndReleasing)
            var looks = 0
            while state.load(ordering: .acquiring) & (Self.open - 1) != 0 {
                looks += 1
                // A thread that is late may be waiting for this very core.
                if looks % 256 == 0 { sched_yield() } else { rk_spin_hint() }
            }
            unsafe work = nil
        }
        isClaimed.store(false, ordering: .releasing)
    }

    /// The life of a worker; the caller of a job is number 0.
    func serve(worker: Int) {
        var lastNumber: UInt64 = 0
        while !isStopped.load(ordering: .relaxed) {
            let seen = awaitJob(after: lastNumber)
            lastNumber = seen >> 32
            guard join(seen) else { continue }
            runPieces(worker: worker)
            state.subtract(1, ordering: .acquiringAndReleasing)
        }
    }

    func stop() {
        isStopped.store(true, ordering: .sequentiallyConsistent)
        alarm.lock()
        alarm.broadcast()
        alarm.unlock()
    }

    /// Takes pieces until none is left.
    private func runPieces(worker: Int) {
        guard let (type, value) = unsafe work else { return }
        while true {
            let piece = next.add(1, ordering: .relaxed).oldValue
            guard piece < count else { return }
            unsafe type.run(piece, worker: worker, of: value)
        }
    }

    /// Counts this worker in, unless the job is over already.
    private func join(_ seen: UInt64) -> Bool {
        var seen = seen
        while seen & Self.open != 0 {
            let (exchanged, found) = state.compareExchange(
                expected: seen, desired: seen &+ 1, ordering: .acquiring)
            if exchanged { return true }
            guard found >> 32 == seen >> 32 else { return false }
            seen = found
        }
        return false
    }

    /// Returns the state once it speaks of a newer job, or the pool stops.
    private func awaitJob(after lastNumber: UInt64) -> UInt64 {
        for _ in 0..<Self.looksBeforeSleep {
            let seen = state.load(ordering: .acquiring)
            if seen >> 32 != lastNumber { return seen }
            rk_spin_hint()
        }
        alarm.lock()
        defer { alarm.unlock() }
        sleepers.add(1, ordering: .sequentiallyConsistent)
        defer { sleepers.subtract(1, ordering: .relaxed) }
        while true {
            let seen = state.load(ordering: .sequentiallyConsistent)
            if seen >> 32 != lastNumber || isStopped.load(ordering: .sequentiallyConsistent) { return seen }
            alarm.wait()
        }
    }
}
