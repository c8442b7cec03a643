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

    @Test("takes one thread for each physical core by default")
    func defaultCount() {
        #expect(ThreadPool().threadCount == PhysicalCores.count())
        #expect(ThreadPool(threads: 0).threadCount == PhysicalCores.count())
    }
}
