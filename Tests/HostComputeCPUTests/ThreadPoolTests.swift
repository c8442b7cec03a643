import Foundation
import Synchronization
import Testing

@testable import HostComputeCPU

@Suite("The thread pool")
struct ThreadPoolTests {
    @Test("does every piece exactly once, whatever the number of threads", arguments: [1, 2, 3, 8])
    func everyPieceOnce(threads: Int) {
        let pool = ThreadPool(threads: threads)
        #expect(pool.threadCount == threads)
        for count in [0, 1, 2, 3, 64, 1000] {
            let done = Mutex([Int](repeating: 0, count: count))
            pool.parallel(count) { index in done.withLock { $0[index] += 1 } }
            #expect(done.withLock { $0 } == [Int](repeating: 1, count: count))
        }
    }

    @Test("survives thousands of small jobs, sleeps in between included")
    func manyJobs() {
        let pool = ThreadPool(threads: 4)
        let total = Atomic<Int>(0)
        for job in 0..<3000 {
            pool.parallel(5) { _ in total.add(1, ordering: .relaxed) }
            if job % 500 == 0 { Thread.sleep(forTimeInterval: 0.002) }
        }
        #expect(total.load(ordering: .relaxed) == 15_000)
    }

    @Test("a job inside a job, and one beside another, are done by their callers")
    func nestedAndConcurrent() {
        let pool = ThreadPool(threads: 3)
        let total = Atomic<Int>(0)
        pool.parallel(4) { _ in pool.parallel(4) { _ in total.add(1, ordering: .relaxed) } }
        #expect(total.load(ordering: .relaxed) == 16)
        DispatchQueue.concurrentPerform(iterations: 6) { _ in
            for _ in 0..<200 { pool.parallel(3) { _ in total.add(1, ordering: .relaxed) } }
        }
        #expect(total.load(ordering: .relaxed) == 16 + 6 * 200 * 3)
    }

    @Test("a trace has every part of every job once, by whichever thread, or by the caller alone", arguments: [false, true])
    func traced(isAlone: Bool) {
        let trace = PoolTrace(threads: 3, isAlone: isAlone), pool = ThreadPool(threads: 3, trace: trace)
        for count in [5, 1, 64] { pool.parallel(count) { _ in } }
        trace.note(step: "three jobs", layer: 7, since: PoolTrace.now)
        pool.parallel(2) { _ in }
        let found = trace.take()
        for (job, count) in [5, 1, 64, 2].enumerated() {
            let parts = found.parts.filter { $0.job == job }
            #expect(parts.map(\.number).sorted() == Array(0..<count) && parts.allSatisfy { $0.count == count })
            #expect(parts.allSatisfy { $0.step == (job < 3 ? 0 : 1) && $0.start <= $0.end })
        }
        #expect(found.steps.map(\.name) == ["three jobs"] && found.steps.first?.layer == 7)
        #expect(found.parts.allSatisfy { (0..<(isAlone ? 1 : 3)).contains($0.worker) })
        #expect(trace.take().parts.isEmpty)
    }

    @Test("threads that are more than the pieces, or far more than the cores, leave none undone", arguments: [2, 7, 40])
    func manyThreads(threads: Int) {
        let pool = ThreadPool(threads: threads), total = Atomic<Int>(0)
        for count in 1...200 { pool.parallel(count % 50) { _ in total.add(1, ordering: .relaxed) } }
        #expect(total.load(ordering: .relaxed) == (1...200).reduce(0) { $0 + $1 % 50 })
    }

    @Test("takes one thread for each physical core by default")
    func defaultCount() {
        #expect(ThreadPool().threadCount == PhysicalCores.count())
        #expect(ThreadPool(threads: 0).threadCount == PhysicalCores.count())
    }
}
