import Dispatch
import HostRuntime
import Synchronization
import Testing

@Suite("The worker pool")
struct WorkerPoolTests {
    @Test("work returns its value or throws its error")
    func values() async throws {
        struct Refusal: Error {}
        let pool = WorkerPool(threads: 2)
        #expect(try await pool.run { 6 * 7 } == 42)
        await #expect(throws: Refusal.self) { try await pool.run { throw Refusal() } }
    }

    @Test("small work does not wait behind large work", .timeLimit(.minutes(10)))
    func fairness() async throws {
        let pool = WorkerPool(threads: 2)
        let gate = DispatchSemaphore(value: 0)
        let large = (0..<8).map { _ in Task { try await pool.run(.large) { gate.wait() } } }
        // All large jobs are there, one of them runs and waits for the gate.
        while pool.waitingCount < 7 { await Task.yield() }
        #expect(try await pool.run { true })
        for _ in large { gate.signal() }
        for task in large { try await task.value }
    }

    @Test("a job whose task is cancelled before it begins is never done", .timeLimit(.minutes(10)))
    func cancellation() async throws {
        let pool = WorkerPool(threads: 2)
        let gate = DispatchSemaphore(value: 0), ran = Counter()
        let first = Task { try await pool.run(.large) { gate.wait() } }
        while pool.waitingCount > 0 { await Task.yield() }
        let others = (0..<20).map { _ in Task { try await pool.run(.large) { ran.increment() } } }
        while pool.waitingCount < 19 { await Task.yield() }
        for task in others { task.cancel() }
        for task in others { await #expect(throws: CancellationError.self) { try await task.value } }
        gate.signal()
        try await first.value
        #expect(try await pool.run(.large) { true })
        #expect(ran.value == 0)
    }

    @Test("cancelling at every moment loses no job and resumes none twice", .timeLimit(.minutes(10)))
    func races() async {
        let pool = WorkerPool(threads: 2)
        for _ in 0..<2000 {
            let task = Task { try await pool.run { 1 } }
            Task.detached { task.cancel() }
            let value = try? await task.value
            #expect(value == 1 || value == nil)
        }
    }
}

private final class Counter: Sendable {
    private let count = Mutex(0)

    var value: Int { count.withLock { $0 } }

    func increment() { count.withLock { $0 += 1 } }
}
