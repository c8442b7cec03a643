import HostCore
import HostGeneration
import Support
import TestEngines
import Testing

@Suite("Log-probabilities")
struct LogprobTests {
    /// Logits ln 1, ln 2, ln 3, … of four tokens, turned by how much was read; token 0 never ends the text.
    static let model = ScriptedModel(vocabularySize: 257) { read in
        (0..<257).map { token in
            (1...4).contains(token) ? ProbabilityTable.logits[(token + read.count) % 4] : -60
        }
    }

    enum ProbabilityTable {
        /// Natural logarithms of 1 to 4; the probabilities are 0.1 to 0.4.
        static let logits: [Float] = [0, 0.693_147_2, 1.098_612_3, 1.386_294_4]
        static let logprobs: [Float] = [-2.302_585, -1.609_438, -1.203_973, -0.916_291]
    }

    static func expected(_ token: TokenID, after count: Int) -> Float { ProbabilityTable.logprobs[(token + count) % 4] }

    @Test("each token tells its own and the best alternatives, best first")
    func sampled() async throws {
        let result = try await Collected(
            Engine(Self.model).generate(
                .text("Hi") {
                    $0.sampling.temperature = 1
                    $0.sampling.seed = 3
                    $0.topLogprobs = 2
                    $0.maxTokens = 12
                }))
        for (position, report) in result.tokens.enumerated() {
            let logprobs = try #require(report.logprobs)
            #expect(logprobs.token == report.token)
            #expect(abs(try #require(logprobs.logprob) - Self.expected(report.token, after: 2 + position)) < 1e-5)
            #expect(logprobs.alternatives.count == 2)
            #expect(abs(logprobs.alternatives[0].logprob - ProbabilityTable.logprobs[3]) < 1e-5)
            #expect(abs(logprobs.alternatives[1].logprob - ProbabilityTable.logprobs[2]) < 1e-5)
        }
    }

    @Test("they are told before temperature, penalties and filters, but after bans and bias")
    func stage() async throws {
        func first(_ change: (inout SamplingParameters) -> Void) async throws -> TokenLogprobs {
            let result = try await Collected(
                Engine(Self.model).generate(
                    .text("Hi") {
                        change(&$0.sampling)
                        $0.topLogprobs = 1
                        $0.maxTokens = 1
                    }))
            return try #require(result.tokens.first?.logprobs)
        }
        let plain = try await first { _ in }
        let processed = try await first {
            $0.repetitionPenalty = 1.5
            $0.temperature = 0.5
            $0.topK = 1
        }
        #expect(plain.token == processed.token)
        #expect(plain.logprob == processed.logprob)
        // Without the token of 0.4 the next best has 0.3 of 0.6.
        let banned = try await first { $0.bannedTokens = [plain.token] }
        #expect(abs(try #require(banned.logprob) + 0.693_147) < 1e-5)
    }

    @Test("nothing is told where nothing was asked, and nothing but the token's own with 0 alternatives")
    func off() async throws {
        let none = try await Collected(Engine(Self.model).generate(.text("Hi") { $0.maxTokens = 1 }))
        #expect(none.tokens[0].logprobs == nil)
        let own = try await Collected(
            Engine(Self.model).generate(
                .text("Hi") {
                    $0.maxTokens = 1
                    $0.topLogprobs = 0
                }))
        #expect(own.tokens[0].logprobs?.alternatives.isEmpty == true)
        #expect(own.tokens[0].logprobs?.logprob != nil)
    }

    @Test("a prompt is scored token by token, alone and in chunks", arguments: [1, 2, 3, 64])
    func prompt(_ chunk: Int) async throws {
        let tokens: [TokenID] = [1, 2, 3, 4, 1, 1, 2]
        var request = GenerationRequest(prompt: .tokens(tokens))
        request.scoresPrompt = true
        request.topLogprobs = 1
        request.maxTokens = 0
        let result = try await Collected(Engine(Self.model) { $0.scoringChunk = chunk }.generate(request))
        let reports = try #require(result.prompt?.logprobs)
        #expect(reports.map(\.token) == tokens)
        #expect(reports[0].logprob == nil)
        #expect(reports[0].alternatives.isEmpty)
        for position in 1..<tokens.count {
            let logprob = try #require(reports[position].logprob)
            #expect(abs(logprob - Self.expected(tokens[position], after: position)) < 1e-5)
            #expect(abs(reports[position].alternatives[0].logprob - ProbabilityTable.logprobs[3]) < 1e-5)
        }
        #expect(result.finish?.reason == .length)
    }

    @Test("a scored prompt goes on with the same tokens as one that is not")
    func scoredGoesOn() async throws {
        let plain = try await Collected(Engine(.scrambled()).generate(.text("Hello") { $0.maxTokens = 5 }))
        let scored = try await Collected(
            Engine(.scrambled()).generate(
                .text("Hello") {
                    $0.maxTokens = 5
                    $0.scoresPrompt = true
                }))
        #expect(scored.tokenIDs == plain.tokenIDs)
    }

    @Test("the next logits are the model's own, or what the sampler would see")
    func nextLogits() async throws {
        let engine = Engine(Self.model)
        let raw = try await engine.nextLogits(after: .tokens([1, 2]), sampling: nil)
        #expect(raw.count == 257)
        #expect(Array(raw[1...4]) == (1...4).map { ProbabilityTable.logits[($0 + 2) % 4] })
        var parameters = SamplingParameters()
        parameters.topK = 2
        parameters.bannedTokens = [1]
        let seen = try await engine.nextLogits(after: .tokens([1, 2]), sampling: parameters)
        #expect(seen.filter { $0 > -.infinity }.count == 2)
        #expect(seen[1] == -.infinity)
        await #expect(throws: GenerationError.self) { try await engine.nextLogits(after: .tokens([]), sampling: nil) }
    }
}
