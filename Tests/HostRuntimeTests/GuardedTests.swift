import HostRuntime
import Synchronization
import Testing

@Suite("Guarded state")
struct GuardedTests {
    @Test("notices are delivered in order, after the lock is open")
    func order() {
        let guarded = Guarded([1])
        let seen = Mutex<[Int]>([])
        guarded.withLock { state, notices in
            state.append(2)
            notices.afterwards {
                // Would hang under the lock.
                let count = guarded.withLock { $0.count }
                seen.withLock { $0.append(count) }
            }
            notices.afterwards { seen.withLock { $0.append(-1) } }
            state.append(3)
        }
        #expect(seen.withLock { $0 } == [3, -1])
    }

    @Test("what was to be told is told also where the body throws")
    func throwing() {
        struct Refusal: Error {}
        let guarded = Guarded(0), told = Mutex(false)
        #expect(throws: Refusal.self) {
            try guarded.withLock { (_, notices) throws(Refusal) in
                notices.afterwards { told.withLock { $0 = true } }
                throw Refusal()
            }
        }
        #expect(told.withLock { $0 })
    }

    @Test("a task cancelled while it is resumed from within the lock's body ends, a thousand times over", .timeLimit(.minutes(10)))
    func cancellation() async {
        for _ in 0..<1000 {
            let latch = Latch()
            let waiter = Task { await latch.wait() }
            async let cancelled: Void = Task.detached { waiter.cancel() }.value
            async let opened: Void = Task.detached { latch.open() }.value
            _ = await (cancelled, opened)
            await waiter.value
        }
    }
}
