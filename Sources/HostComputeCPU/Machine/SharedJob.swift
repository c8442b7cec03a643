import CHostKernels
import Foundation
import Synchronization

/// What the caller and the workers of a pool share.
///
/// Each thread begins with pieces of its own and goes on with what others have not begun. Words that different threads write
/// lie in lines of their own: where sixteen write one, they wait for it longer than the pieces of one token take.
@safe final class SharedJob: @unchecked Sendable {
    /// About 50 µs of looking before a worker sleeps: longer than the gaps between the jobs of one token.
    private static let looksBeforeSleep = 2000
    /// Two cache lines, as neighbours are fetched together.
    private static let spacing = 128

    /// What only the caller writes, once or twice for a job.
    @safe private struct Board: ~Copyable {
        /// Even while a job takes workers, and then one more.
        let number = Atomic<UInt64>(1)
        let isStopped = Atomic<Bool>(false)
        /// Whether a job runs.
        let isClaimed = Atomic<Bool>(false)
        var count = 0
        /// The job, on the stack of its caller, and its type. Read by workers who have joined: the caller waits for them.
        var work: (type: any PoolWork.Type, value: UnsafeRawPointer)?
    }

    /// What one thread writes, but for those who take pieces from it.
    private struct Place: ~Copyable {
        /// The job that the thread has joined, or 0.
        let joined = Atomic<UInt64>(0)
        /// How many of the thread's own pieces are begun, and above that the job's number.
        let begun = Atomic<UInt64>(0)
    }

    /// Bits that count begun pieces; a job's number comes round again after two years.
    private static let countBits: UInt64 = 24

    private let threads: Int
    private let memory: UnsafeMutableRawPointer
    private let board: UnsafeMutablePointer<Board>
    /// In a line of its own: workers write it, and the caller reads it for each job.
    private let sleepers: UnsafeMutablePointer<Atomic<Int>>
    private let alarm = NSCondition()

    init(threads: Int) {
        self.threads = max(threads, 1)
        unsafe memory = UnsafeMutableRawPointer.allocate(
            byteCount: (self.threads + 2) * Self.spacing, alignment: Self.spacing)
        unsafe board = memory.bindMemory(to: Board.self, capacity: 1)
        unsafe board.initialize(to: Board())
        for thread in 1...self.threads {
            unsafe (memory + thread * Self.spacing).bindMemory(to: Place.self, capacity: 1).initialize(to: Place())
        }
        unsafe sleepers = (memory + (self.threads + 1) * Self.spacing).bindMemory(to: Atomic<Int>.self, capacity: 1)
        unsafe sleepers.initialize(to: Atomic(0))
    }

    deinit { unsafe memory.deallocate() }

    private func place(_ thread: Int) -> UnsafeMutablePointer<Place> {
        unsafe (memory + (thread + 1) * Self.spacing).assumingMemoryBound(to: Place.self)
    }

    /// Whether the caller may run a job now.
    func claim() -> Bool {
        unsafe board.pointee.isClaimed.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged
    }

    /// Runs a job; the caller has claimed the pool.
    func run<Work: PoolWork>(_ count: Int, _ job: Work) {
        precondition(count / threads + 1 < 1 << Self.countBits)
        unsafe withUnsafePointer(to: job) { pointer in
            unsafe board.pointee.work = (Work.self, UnsafeRawPointer(pointer))
            unsafe board.pointee.count = count
            let number = unsafe board.pointee.number.load(ordering: .relaxed) &+ 1
            unsafe board.pointee.number.store(number, ordering: .sequentiallyConsistent)
            if unsafe sleepers.pointee.load(ordering: .sequentiallyConsistent) > 0 {
                alarm.lock()
                alarm.broadcast()
                alarm.unlock()
            }
            runPieces(of: number, worker: 0)
            unsafe board.pointee.number.store(number &+ 1, ordering: .sequentiallyConsistent)
            for worker in 1..<threads { waitUntilLeft(worker) }
            unsafe board.pointee.work = nil
        }
        unsafe board.pointee.isClaimed.store(false, ordering: .releasing)
    }

    private func waitUntilLeft(_ worker: Int) {
        var looks = 0
        while unsafe place(worker).pointee.joined.load(ordering: .sequentiallyConsistent) != 0 {
            looks += 1
            // A thread that is late may be waiting for this very core.
            if looks % 256 == 0 { sched_yield() } else { rk_spin_hint() }
        }
    }

    /// The life of a worker; the caller of a job is number 0.
    func serve(worker: Int) {
        var last: UInt64 = 1
        while unsafe !board.pointee.isStopped.load(ordering: .relaxed) {
            last = awaitChange(of: last)
            guard last % 2 == 0, join(last, worker: worker) else { continue }
            runPieces(of: last, worker: worker)
            unsafe place(worker).pointee.joined.store(0, ordering: .releasing)
        }
    }

    func stop() {
        unsafe board.pointee.isStopped.store(true, ordering: .sequentiallyConsistent)
        alarm.lock()
        alarm.broadcast()
        alarm.unlock()
    }

    /// Counts a worker in, unless the job is over already: either the worker sees that, or the caller sees the worker.
    private func join(_ number: UInt64, worker: Int) -> Bool {
        unsafe place(worker).pointee.joined.store(number, ordering: .sequentiallyConsistent)
        if unsafe board.pointee.number.load(ordering: .sequentiallyConsistent) == number { return true }
        unsafe place(worker).pointee.joined.store(0, ordering: .releasing)
        return false
    }

    /// Runs the worker's own pieces and then those that others have not begun.
    private func runPieces(of number: UInt64, worker: Int) {
        guard let (type, value) = unsafe board.pointee.work else { return }
        let (share, rest) = unsafe board.pointee.count.quotientAndRemainder(dividingBy: threads)
        var owner = worker
        repeat {
            let first = owner * share + min(owner, rest), size = share + (owner < rest ? 1 : 0)
            while let piece = begin(size, of: owner, number) { unsafe type.run(first + piece, worker: worker, of: value) }
            owner = owner + 1 == threads ? 0 : owner + 1
        } while owner != worker
    }

    /// The next of an owner's pieces that nobody has begun.
    private func begin(_ size: Int, of owner: Int, _ number: UInt64) -> Int? {
        let tag = number << Self.countBits
        var seen = unsafe place(owner).pointee.begun.load(ordering: .relaxed)
        while true {
            // What an older job has left counts as none.
            let count = seen & ~((1 << Self.countBits) - 1) == tag ? Int(seen - tag) : 0
            guard count < size else { return nil }
            let (exchanged, found) = unsafe place(owner).pointee.begun.compareExchange(
                expected: seen, desired: tag + UInt64(count) + 1, ordering: .relaxed)
            if exchanged { return count }
            seen = found
        }
    }

    /// Returns the board's number once it is another, or the pool stops.
    private func awaitChange(of last: UInt64) -> UInt64 {
        for _ in 0..<Self.looksBeforeSleep {
            let seen = unsafe board.pointee.number.load(ordering: .acquiring)
            if seen != last { return seen }
            rk_spin_hint()
        }
        alarm.lock()
        defer { alarm.unlock() }
        unsafe sleepers.pointee.add(1, ordering: .sequentiallyConsistent)
        defer { unsafe sleepers.pointee.subtract(1, ordering: .relaxed) }
        while true {
            let seen = unsafe board.pointee.number.load(ordering: .sequentiallyConsistent)
            let isStopped = unsafe board.pointee.isStopped.load(ordering: .sequentiallyConsistent)
            if seen != last || isStopped { return seen }
            alarm.wait()
        }
    }
}

extension PoolWork {
    fileprivate static func run(_ piece: Int, worker: Int, of work: UnsafeRawPointer) {
        unsafe work.assumingMemoryBound(to: Self.self).pointee.run(piece, worker: worker)
    }
}
