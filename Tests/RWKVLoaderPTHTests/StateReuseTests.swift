import HostCore
import HostGeneration
import Support
import Testing

/// The state cache, sessions and searches on a real model's states.
@Suite("States of a real model used again")
struct StateReuseTests {
    static func prompt(_ count: Int) -> [TokenID] { (0..<count).map { ($0 * 31 + $0 / 7) % 400 + 20 } }

    static func request(
        _ tokens: [TokenID], _ change: (inout GenerationRequest) -> Void = { _ in }
    ) -> GenerationRequest {
        var request = GenerationRequest(prompt: .tokens(tokens))
        request.sampling.temperature = 0
        request.sampling.bansEndOfText = true
        request.maxTokens = 12
        change(&request)
        return request
    }

    static func run(_ engine: Engine, _ request: GenerationRequest) async throws -> (cached: Int, tokens: [TokenID]) {
        var cached = 0
        var tokens: [TokenID] = []
        for try await event in try await engine.generate(request) {
            if case .prompt(let report) = event { cached = report.cachedCount }
            if case .token(let report) = event { tokens.append(report.token) }
        }
        return (cached, tokens)
    }

    @Test("logits after a cached beginning are those of reading it, within rounding (C34)")
    func cachedLogits() async throws {
        let loaded = try await GoldenGenerationTests.model()
        let prompt = Self.prompt(700)
        let fresh = try await Engine(loaded, log: .silent).nextLogits(after: .tokens(prompt), sampling: nil)
        let engine = Engine(loaded, log: .silent)
        for count in [600, 513, 40] {
            let first = try await Self.run(engine, Self.request(Array(prompt.prefix(count))))
            #expect(first.tokens.count == 12)
        }
        #expect(try await Self.run(engine, Self.request(prompt) { $0.maxTokens = 0 }).cached == 600)
        let cached = try await engine.nextLogits(after: .tokens(prompt), sampling: nil)
        let distance = zip(fresh, cached).map { abs($0 - $1) }.max() ?? .infinity
        #expect(distance <= 5e-5)
    }

    @Test("A, B, A is A, A, and the next turn goes on from the answer (C33)")
    func turns() async throws {
        let loaded = try await GoldenGenerationTests.model()
        let engine = Engine(loaded, log: .silent)
        let first = try await Self.run(engine, Self.request(Self.prompt(50)))
        _ = try await Self.run(engine, Self.request(Self.prompt(49).reversed()))
        let again = try await Self.run(engine, Self.request(Self.prompt(50)))
        #expect(again.tokens == first.tokens && again.cached == 50)
        let next = try await Self.run(engine, Self.request(Self.prompt(50) + first.tokens + [30, 31]))
        #expect(next.cached == 61)
        let alone = try await Self.run(
            Engine(loaded, log: .silent), Self.request(Self.prompt(50) + first.tokens + [30, 31]))
        #expect(alone.tokens == next.tokens && alone.cached == 0)
    }

    @Test("the same seed gives the same text alone and among eight (C18)")
    func seeds() async throws {
        let loaded = try await GoldenGenerationTests.model()
        @Sendable func request(_ seed: Int) -> GenerationRequest {
            Self.request(Self.prompt(30)) {
                $0.sampling.temperature = 1
                $0.sampling.seed = UInt64(seed)
            }
        }
        let alone = try await Self.run(Engine(loaded, log: .silent), request(3)).tokens
        let engine = Engine(loaded, log: .silent)
        let texts = try await withThrowingTaskGroup(of: (Int, [TokenID]).self) { group in
            for seed in 0..<8 { group.addTask { (seed, try await Self.run(engine, request(seed)).tokens) } }
            return try await group.reduce(into: [Int: [TokenID]]()) { $0[$1.0] = $1.1 }
        }
        #expect(texts[3] == alone)
        #expect(Set(texts.values).count > 1)
    }

    @Test("beams are at least as likely as the greedy text, and contrastive search writes")
    func searches() async throws {
        let loaded = try await GoldenGenerationTests.model()
        let engine = Engine(loaded, log: .silent)
        func score(_ tokens: [TokenID]) async throws -> Float {
            let whole = Self.request(Self.prompt(20) + tokens) {
                $0.maxTokens = 0
                $0.scoresPrompt = true
            }
            for try await event in try await engine.generate(whole) {
                guard case .prompt(let report) = event else { continue }
                return report.logprobs.suffix(12).compactMap(\.logprob).reduce(0, +)
            }
            return -.infinity
        }
        let greedy = try await Self.run(engine, Self.request(Self.prompt(20))).tokens
        let beams = try await Self.run(engine, Self.request(Self.prompt(20)) { $0.sampling.beamCount = 6 }).tokens
        #expect(beams.count == 12)
        #expect(try await score(beams) >= score(greedy) - 1e-3)
        let contrastive = Self.request(Self.prompt(20)) { ($0.sampling.penaltyAlpha, $0.sampling.topK) = (0.6, 4) }
        #expect(try await Self.run(engine, contrastive).tokens.count == 12)
    }

    @Test("100 000 tokens stream through a state of constant size")
    func infinite() async throws {
        let loaded = try await GoldenGenerationTests.model()
        var configuration = EngineConfiguration()
        configuration.stateCacheBytes = 1 << 16
        let engine = Engine(loaded, configuration: configuration, log: .silent)
        let result = try await Self.run(engine, Self.request(Self.prompt(100_000)) { $0.maxTokens = 4 })
        #expect(result.tokens.count == 4)
        #expect(engine.stateCacheByteCount <= 1 << 16)
    }
}
