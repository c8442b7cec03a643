import HostCore
import Support
import TestEngines
import Testing

@testable import HostGeneration

@Suite("Readers that leave early")
struct EarlyLeaverTests {
    @Test("requests cancelled while they wait for a place never make the engine and their tasks wait for each other", .timeLimit(.minutes(10)))
    func admission() async throws {
        let engine = Engine(.scrambled()) {
            $0.maxBatch = 1
            $0.maxQueuedRequests = 16
        }
        await withTaskGroup(of: Void.self) { group in
            for worker in 0..<4 {
                group.addTask {
                    for number in 0..<400 {
                        let reader = Task {
                            let stream = try await engine.generate(SchedulerTests.request("x", seed: UInt64(number), count: 3))
                            for try await _ in stream {}
                        }
                        let pause = (worker * 7919 + number * 104_729) % 300
                        Task.detached {
                            try? await Task.sleep(for: .microseconds(pause))
                            reader.cancel()
                        }
                        _ = await reader.result
                    }
                }
            }
        }
        // Every place is free again.
        #expect(try await Collected(engine.generate(SchedulerTests.request("x", seed: 1))).tokenIDs.count == 20)
        #expect(engine.load.waiting == 0)
    }

    @Test("a request whose time in the queue is over fails while its reader leaves", .timeLimit(.minutes(10)))
    func expiry() async throws {
        let engine = Engine(.scrambled()) {
            $0.maxBatch = 1
            $0.maxQueueTime = .microseconds(200)
        }
        await withTaskGroup(of: Void.self) { group in
            for worker in 0..<4 {
                group.addTask {
                    for number in 0..<200 {
                        let reader = Task {
                            let stream = try await engine.generate(SchedulerTests.request("x", seed: UInt64(number), count: 2))
                            for try await _ in stream {}
                        }
                        Task.detached {
                            try? await Task.sleep(for: .microseconds(150 + (worker * 31 + number * 17) % 100))
                            reader.cancel()
                        }
                        _ = await reader.result
                    }
                }
            }
        }
        // On a busy machine the engine may still be about to look at those that have left.
        for _ in 0..<500 where engine.load.waiting > 0 { try await Task.sleep(for: .milliseconds(10)) }
        #expect(engine.load.waiting == 0)
    }

    @Test("a buffer that never runs empty keeps no more than its capacity needs")
    func bufferMemory() async throws {
        let buffer = BoundedBuffer<Int>(capacity: 64)
        let reader = BufferReader(buffer) {}
        for number in 0..<64 { buffer.send(number) }
        for number in 64..<10_000 {
            buffer.send(number)
            #expect(try await reader.next() == number - 64)
            #expect(buffer.storedCount <= 160)
        }
        for number in 9_936..<10_000 { #expect(try await reader.next() == number) }
    }

    @Test("what has been read is freed at once", arguments: [1, 3, 64])
    func freed(waiting: Int) async throws {
        final class Token: Sendable {}
        let buffer = BoundedBuffer<Token>(capacity: 64)
        let reader = BufferReader(buffer) {}
        weak let first: Token? = {
            let token = Token()
            buffer.send(token)
            return token
        }()
        for _ in 0..<waiting { buffer.send(Token()) }
        #expect(first != nil)
        _ = try await reader.next()
        #expect(first == nil)
    }

    @Test("a producer that waits is woken also when its reader finds the element at its second look", .timeLimit(.minutes(10)))
    func secondLook() async throws {
        let buffer = BoundedBuffer<Int>(capacity: 1)
        let woken = Latched()
        let reader = BufferReader(buffer) { woken.signal() }
        let producer = Task.detached {
            for number in 0..<2000 {
                while !buffer.hasRoom() { await woken.wait() }
                buffer.send(number)
            }
            buffer.finish()
        }
        var count = 0
        while try await reader.next() != nil { count += 1 }
        await producer.value
        #expect(count == 2000)
    }
}

/// A signal that is kept until a task waits for it.
private final class Latched: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

    func signal() { continuation.yield() }

    func wait() async { for await _ in stream { return } }
}
