import HostCore
import HostGeneration
import HostRuntime
import Support
import Synchronization
import TestEngines
import Testing

@Suite("Streams of events")
struct TokenStreamTests {
    static func token(_ token: TokenID) -> GenerationEvent { .token(TokenReport(token: token, text: "")) }

    @Test("events come in order, before and after the reader waits for them")
    func order() async throws {
        let buffer = BoundedBuffer<GenerationEvent>(capacity: 2)
        let stream = TokenStream(buffer)
        let reading = Task { try await Collected(stream).tokenIDs }
        for number in 0..<100 {
            buffer.send(Self.token(number))
            if number.isMultiple(of: 7) { await Task.yield() }
        }
        buffer.finish()
        #expect(try await reading.value == Array(0..<100))
    }

    @Test("a failure comes after what was sent, once")
    func failure() async throws {
        let stream = TokenStream([Self.token(1)], failure: GenerationError(.nonFinite, "logits", "bad"))
        var reader = stream.makeAsyncIterator()
        #expect(try await reader.next() != nil)
        await #expect(throws: GenerationError.self) { try await reader.next() }
        #expect(try await reader.next() == nil)
    }

    @Test("a producer that found no room is woken once half is free")
    func room() async throws {
        let wakes = Mutex(0)
        let buffer = BoundedBuffer<GenerationEvent>(capacity: 4)
        let stream = TokenStream(buffer) { wakes.withLock { $0 += 1 } }
        for number in 0..<4 {
            #expect(buffer.hasRoom())
            buffer.send(Self.token(number))
        }
        #expect(!buffer.hasRoom())
        var reader = stream.makeAsyncIterator()
        _ = try await reader.next()
        #expect(wakes.withLock { $0 } == 0)
        _ = try await reader.next()
        #expect(wakes.withLock { $0 } == 1)
        _ = try await reader.next()
        #expect(wakes.withLock { $0 } == 1)
    }

    @Test("cancelling the reading task ends the reading and tells the producer")
    func cancelledReader() async throws {
        let buffer = BoundedBuffer<GenerationEvent>(capacity: 4)
        let woken = AsyncGate()
        let stream = TokenStream(buffer) { woken.open() }
        let reading = Task { try await Collected(stream).tokenIDs }
        await Task.yield()
        reading.cancel()
        #expect(try await reading.value.isEmpty)
        await woken.wait()
        #expect(buffer.isCancelled)
    }

    @Test("letting go of the stream cancels; so does asking to, and what was sent can still be read")
    func dropped() async throws {
        let buffer = BoundedBuffer<GenerationEvent>(capacity: 4)
        do { _ = TokenStream(buffer) }
        #expect(buffer.isCancelled)

        let other = BoundedBuffer<GenerationEvent>(capacity: 4)
        let stream = TokenStream(other)
        other.send(Self.token(1))
        stream.cancel()
        other.finish()
        #expect(try await Collected(stream).tokenIDs == [1])
    }

    @Test("once a text is given up, at either side, the rest is read without delay, even if all of it has been written")
    func stopped() async throws {
        for byReader in [true, false] {
            let buffer = BoundedBuffer<GenerationEvent>(capacity: 4)
            let stream = TokenStream(buffer)
            let waiting = Task { await stream.stopped.wait() }
            if byReader {
                buffer.finish()
                stream.cancel()
            } else {
                buffer.stopped.open()
            }
            await waiting.value
        }
        let engine = Engine(.uniform())
        let stream = try await engine.generate(
            .text("Hi") {
                $0.sampling.bansEndOfText = true
                $0.readAhead = 1
            })
        engine.cancelAll()
        await stream.stopped.wait()
        let result = try await Collected(stream)
        #expect(result.finish?.reason == .cancelled && result.tokens.count <= 2)
    }

    @Test("after the end nothing is taken")
    func afterEnd() async throws {
        let buffer = BoundedBuffer<GenerationEvent>(capacity: 4)
        let stream = TokenStream(buffer)
        buffer.finish()
        buffer.send(Self.token(1))
        #expect(try await Collected(stream).tokenIDs.isEmpty)
    }
}
