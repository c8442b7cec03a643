import Dispatch
import HostCore
import HostGeneration
import Support
import Synchronization
import TestEngines
import Testing

@Suite("Several generations at once")
struct SchedulerTests {
    static func request(_ text: String, seed: UInt64, count: Int = 20) -> GenerationRequest {
        .text(text) {
            $0.sampling.temperature = 1
            $0.sampling.topP = 0.9
            $0.sampling.seed = seed
            $0.sampling.repetitionPenalty = 1.1
            $0.maxTokens = count
        }
    }

    @Test("a text does not depend on who shares the batch")
    func batchInvariance() async throws {
        let prompts = ["a", "some longer prompt", "Hi", String(repeating: "long ", count: 40), "b", "c", "dd", "eee"]
        var alone: [[TokenID]] = []
        for (number, prompt) in prompts.enumerated() {
            let engine = Engine(.scrambled()) { $0.prefillChunk = 16 }
            alone.append(try await Collected(engine.generate(Self.request(prompt, seed: UInt64(number)))).tokenIDs)
        }
        let engine = Engine(.scrambled()) { $0.prefillChunk = 16 }
        let together = try await withThrowingTaskGroup(of: (Int, [TokenID]).self) { group in
            for (number, prompt) in prompts.enumerated() {
                group.addTask {
                    let stream = try await engine.generate(Self.request(prompt, seed: UInt64(number)))
                    return (number, try await Collected(stream).tokenIDs)
                }
            }
            return try await group.reduce(into: [Int: [TokenID]]()) { $0[$1.0] = $1.1 }
        }
        for number in prompts.indices { #expect(together[number] == alone[number]) }
    }

    @Test("A, B, A side by side leaves no trace of one in the other")
    func noLeak() async throws {
        let engine = Engine(.scrambled())
        async let first = Collected(engine.generate(Self.request("same", seed: 1)))
        async let other = Collected(engine.generate(Self.request("different", seed: 1)))
        async let second = Collected(engine.generate(Self.request("same", seed: 1)))
        #expect(try await first.tokenIDs == second.tokenIDs)
        #expect(try await other.tokenIDs != second.tokenIDs)
    }

    @Test("all sequences step together in one pass")
    func oneForward() async throws {
        let hold = Hold()
        let model = ScriptedModel.writing(bytes("abcdef"), after: 1, beforeStep: hold.step)
        let engine = Engine(model)
        // The first pass is held until all have come, so they share every pass but that one.
        let streams = try await hold.whileHeld {
            var streams: [TokenStream] = []
            for _ in 0..<4 { streams.append(try await engine.generate(.text("x"))) }
            return streams
        }
        for stream in streams { #expect(try await Collected(stream).text == "abcdef") }
        #expect((model.steps.map(\.count).max() ?? 0) >= 3)
        // One pass alone and seven together, or one more where the first had begun: never a pass for each.
        #expect(model.steps.count <= 9)
    }

    @Test("a long prompt is read in chunks, at fixed places, while others go on")
    func interleaving() async throws {
        let hold = Hold()
        let model = ScriptedModel(
            beforeStep: hold.step, logits: { read in (0..<257).map { $0 == 2 + read.count % 3 ? 5 : 0 } })
        let engine = Engine(model) { $0.prefillChunk = 8 }
        let (long, short) = try await hold.whileHeld {
            let long = try await engine.generate(
                GenerationRequest(prompt: .tokens(Array(repeating: 9, count: 50))).limited(to: 2))
            let short = try await engine.generate(GenerationRequest(prompt: .tokens([7, 7])).limited(to: 12))
            return (long, short)
        }
        async let longResult = Collected(long)
        #expect(try await Collected(short).tokens.count == 12)
        #expect(try await longResult.tokens.count == 2)
        let chunks = model.steps.flatMap { $0 }.filter { $0.first == 9 }
        #expect(chunks.map(\.count) == [8, 8, 8, 8, 8, 8, 2])
        // The short prompt was read before the long one was through, and wrote beside it.
        let firstShort = try #require(model.steps.firstIndex { $0.contains([7, 7]) })
        #expect(firstShort <= 2)
        #expect(model.steps.contains { $0.count == 2 && $0.contains { $0.count == 8 } && $0.contains { $0.count == 1 } })
    }

    @Test("a generation that nobody cancels in time stops in the middle of its prompt")
    func cancelDuringPrefill() async throws {
        let hold = Hold()
        let model = ScriptedModel.uniform(beforeStep: hold.step)
        let engine = Engine(model) { $0.prefillChunk = 4 }
        let stream = try await hold.whileHeld {
            let stream = try await engine.generate(GenerationRequest(prompt: .tokens(Array(repeating: 5, count: 4000))))
            await hold.untilStepping()
            stream.cancel()
            return stream
        }
        let result = try await Collected(stream)
        #expect(result.finish?.reason == .cancelled)
        #expect(result.prompt == nil)
        #expect(model.steps.count == 1)
    }

    @Test("cancelling the reading task, or letting go of the stream, frees the place")
    func readerLeaves() async throws {
        let engine = Engine(.uniform())
        let endless = GenerationRequest.text("Hi") { $0.sampling.bansEndOfText = true }
        let task = Task { try await Collected(engine.generate(endless)) }
        while engine.load.running == 0 { await Task.yield() }
        task.cancel()
        _ = try? await task.value
        while engine.load.running > 0 { try await Task.sleep(for: .milliseconds(1)) }
        var stream: TokenStream? = try await engine.generate(endless)
        _ = stream
        stream = nil
        while engine.load.running + engine.load.waiting > 0 { try await Task.sleep(for: .milliseconds(1)) }
    }

    @Test("a generation whose reader is slow pauses at the bound and goes on later")
    func backPressure() async throws {
        let model = ScriptedModel.uniform()
        let engine = Engine(model) { $0.streamCapacity = 4 }
        let stream = try await engine.generate(
            .text("Hi") {
                $0.sampling.bansEndOfText = true
                $0.maxTokens = 50
            })
        // Another text runs to its end meanwhile; the first one waits at its bound.
        let other = try await Collected(
            engine.generate(
                .text("other") {
                    $0.sampling.bansEndOfText = true
                    $0.maxTokens = 30
                }))
        #expect(other.tokens.count == 30)
        let slowSteps = model.steps.flatMap { $0 }.filter { $0 == bytes("Hi") || $0 == [1] }.count
        #expect(slowSteps <= 30 + 8)
        let result = try await Collected(stream)
        #expect(result.tokens.count == 50)
        #expect(result.finish?.reason == .length)
    }

    @Test("a full queue refuses, and takes again once there is room")
    func queueBound() async throws {
        let hold = Hold()
        let engine = Engine(ScriptedModel.writing(bytes("ok"), after: 1, beforeStep: hold.step)) {
            $0.maxBatch = 1
            $0.maxQueuedRequests = 2
        }
        let streams = try await hold.whileHeld {
            var streams: [TokenStream] = []
            for _ in 0..<3 { streams.append(try await engine.generate(.text("x"))) }
            let error = await #expect(throws: GenerationError.self) { try await engine.generate(.text("x")) }
            #expect(error?.kind == .overloaded)
            // A waiter that leaves makes room for another.
            streams.removeLast()
            streams.append(try await engine.generate(.text("x")))
            return streams
        }
        for stream in streams { #expect(try await Collected(stream).text == "ok") }
        #expect(try await Collected(engine.generate(.text("x"))).text == "ok")
    }

    @Test("waiting prompt tokens are bounded, but one long prompt always may wait")
    func queuedTokens() async throws {
        let hold = Hold()
        let engine = Engine(.uniform(beforeStep: hold.step)) {
            $0.maxBatch = 1
            $0.maxQueuedTokens = 10
        }
        try await hold.whileHeld {
            let running = try await engine.generate(.text("x") { $0.maxTokens = 1 })
            await hold.untilStepping()
            let long = try await engine.generate(.text(String(repeating: "y", count: 100)) { $0.maxTokens = 1 })
            let error = await #expect(throws: GenerationError.self) { try await engine.generate(.text("z")) }
            #expect(error?.kind == .overloaded)
            withExtendedLifetime((running, long)) {}
        }
    }

    @Test("prompt tokens of texts that find a place at once are not counted as waiting")
    func placesFree() async throws {
        let hold = Hold()
        let engine = Engine(.uniform(beforeStep: hold.step)) {
            $0.maxBatch = 4
            $0.maxQueuedTokens = 10
        }
        try await hold.whileHeld {
            let running = try await engine.generate(.text("x") { $0.maxTokens = 1 })
            await hold.untilStepping()
            let long = String(repeating: "y", count: 100)
            var streams: [TokenStream] = []
            // Three find places; the fourth is the only one that waits, which it may at any length.
            for _ in 0..<4 { streams.append(try await engine.generate(.text(long) { $0.maxTokens = 1 })) }
            let error = await #expect(throws: GenerationError.self) { try await engine.generate(.text("z")) }
            #expect(error?.kind == .overloaded)
            withExtendedLifetime((running, streams)) {}
        }
    }

    @Test("a request that waits too long for a place is told so")
    func queueTime() async throws {
        let hold = Hold()
        let engine = Engine(.uniform(beforeStep: hold.step)) {
            $0.maxBatch = 1
            $0.maxQueueTime = .zero
        }
        let (first, second) = try await hold.whileHeld {
            let first = try await engine.generate(
                .text("x") {
                    $0.sampling.bansEndOfText = true
                    $0.maxTokens = 5
                })
            await hold.untilStepping()
            return (first, try await engine.generate(.text("y")))
        }
        #expect(try await Collected(first).tokens.count == 5)
        let error = await #expect(throws: GenerationError.self) { try await Collected(second) }
        #expect(error?.kind == .overloaded)
    }

    @Test("a row that is refused ends alone")
    func oneFails() async throws {
        let model = ScriptedModel(
            beforeStep: { rows throws(GenerationError) in
                if rows.contains([66]) { throw GenerationError(.stateMismatch, "row", "is refused on purpose") }
            },
            logits: { read in (0..<257).map { $0 == (read.count < 8 ? 65 : 0) ? 9 : 0 } })
        let engine = Engine(model)
        async let good = Collected(engine.generate(GenerationRequest(prompt: .tokens([10])).limited(to: 20)))
        let bad = Task { try await Collected(engine.generate(GenerationRequest(prompt: .tokens([66])).limited(to: 20))) }
        #expect(try await good.tokens.count == 7)
        let error = await #expect(throws: GenerationError.self) { try await bad.value }
        #expect(error?.kind == .stateMismatch)
    }

    @Test("when the device fails all its sequences end with that error, and the next request is served")
    func deviceFails() async throws {
        let fails = Mutex(true)
        let hold = Hold()
        let model = ScriptedModel.writing(
            bytes("ok"), after: 1,
            beforeStep: { rows throws(GenerationError) in
                try hold.step(rows)
                if rows.count > 1, fails.withLock({ $0 }) { throw GenerationError(.device, "device", "is gone") }
            })
        let engine = Engine(model)
        let streams = try await hold.whileHeld {
            let first = try await engine.generate(.text("x"))
            await hold.untilStepping()
            return [first, try await engine.generate(.text("y"))]
        }
        for stream in streams {
            let error = await #expect(throws: GenerationError.self) { try await Collected(stream) }
            #expect(error?.kind == .device)
        }
        fails.withLock { $0 = false }
        #expect(try await Collected(engine.generate(.text("x"))).text == "ok")
    }

    @Test("stopping all ends every stream with what it has")
    func stopAll() async throws {
        let engine = Engine(.uniform()) { $0.maxBatch = 2 }
        var streams: [TokenStream] = []
        for _ in 0..<4 { streams.append(try await engine.generate(.text("Hi") { $0.sampling.bansEndOfText = true })) }
        engine.cancelAll()
        for stream in streams { #expect(try await Collected(stream).finish?.reason == .cancelled) }
        // A stream ends a moment before its place is free.
        for _ in 0..<1000 where engine.load.running + engine.load.waiting > 0 { try await Task.sleep(for: .milliseconds(10)) }
        #expect(engine.load.running + engine.load.waiting == 0)
    }
}

/// Holds the compute thread at its next pass until the test has arranged things.
private final class Hold: Sendable {
    private let isHolding = Mutex(true)
    private let released = DispatchSemaphore(value: 0)
    private let stepping = AsyncGate()

    /// To be called before each pass.
    var step: @Sendable ([[TokenID]]) throws(GenerationError) -> Void {
        { [self] _ throws(GenerationError) in
            guard isHolding.withLock({ $0 }) else { return }
            stepping.open()
            released.wait()
        }
    }

    /// Returns when a pass is about to begin.
    func untilStepping() async { await stepping.wait() }

    func whileHeld<Result>(_ body: () async throws -> Result) async throws -> Result {
        defer {
            isHolding.withLock { $0 = false }
            released.signal()
        }
        return try await body()
    }
}

extension GenerationRequest {
    fileprivate func limited(to count: Int) -> GenerationRequest {
        var request = self
        request.maxTokens = count
        request.sampling.temperature = 0
        return request
    }
}
