import Foundation
import HostCore
import HostGeneration
import Support
import TestEngines
import Testing

/// Guidance, beam search and contrastive search against plain versions of themselves.
@Suite("Searches on copied states")
struct SearchTests {
    /// Few tokens, so that everything can be tried; token 0 ends a text.
    static let size = 4

    static func logits(_ read: [TokenID]) -> [Float] {
        var hash: UInt64 = 0x9E37_79B9_7F4A_7C15
        for token in read { hash = (hash ^ UInt64(token + 1)) &* 0x100_0000_01B3 }
        return (0..<size).map { token in
            let mixed = (hash ^ UInt64(token + 11)) &* 0xBF58_476D_1CE4_E5B9
            return Float(mixed >> 44) / Float(1 << 20) * 4 - (token == 0 ? 1 : 0)
        }
    }

    static func hidden(_ read: [TokenID]) -> [Float] {
        logits(read.reversed()).map { $0 - 1.5 }
    }

    static func model() -> ScriptedModel {
        ScriptedModel(vocabularySize: size, hiddenSize: size, hidden: hidden, logits: logits)
    }

    static func logprobs(_ read: [TokenID]) -> [Double] {
        let logits = logits(read).map(Double.init)
        let sum = log(logits.map { exp($0) }.reduce(0, +))
        return logits.map { $0 - sum }
    }

    static func run(_ prompt: [TokenID], _ change: (inout GenerationRequest) -> Void) async throws -> Collected {
        try await Collected(Engine(model()).generate(StateCacheTests.tokens(prompt, change)))
    }

    /// Every text of at most `count` tokens that ends by token 0 or by its length, with the sum of its log-probabilities.
    static func texts(_ prompt: [TokenID], _ count: Int) -> [(tokens: [TokenID], score: Double, length: Int)] {
        var found: [(tokens: [TokenID], score: Double, length: Int)] = []
        func grow(_ tokens: [TokenID], _ score: Double) {
            if tokens.count == count { return found.append((tokens, score, count)) }
            let next = logprobs(prompt + tokens)
            found.append((tokens, score + next[0], tokens.count + 1))
            for token in 1..<size { grow(tokens + [token], score + next[token]) }
        }
        grow([], 0)
        return found
    }

    @Test("with enough beams the best of all texts is found", arguments: [1.0, 0, 2, -1])
    func exhaustive(_ penalty: Double) async throws {
        for prompt: [TokenID] in [[1], [2, 3], [3, 1, 2], [1, 1], [2]] {
            let best = Self.texts(prompt, 3).max {
                $0.score / pow(Double($0.length), penalty) < $1.score / pow(Double($1.length), penalty)
            }
            let result = try await Self.run(prompt) {
                $0.maxTokens = 3
                $0.sampling.beamCount = 64
                $0.sampling.lengthPenalty = penalty
            }
            #expect(result.tokenIDs == best?.tokens, "\(prompt)")
            let ended = best.map { $0.tokens.count < $0.length } ?? false
            #expect(result.finish?.reason == (ended ? .stop : .length))
        }
    }

    @Test("beams find texts at least as likely as the greedy one, with true log-probabilities")
    func beams() async throws {
        for prompt: [TokenID] in [[1], [2], [3], [1, 2], [3, 3]] {
            func run(_ count: Int) async throws -> Collected {
                try await Self.run(prompt) {
                    $0.maxTokens = 8
                    $0.topLogprobs = 1
                    $0.sampling.bansEndOfText = true
                    $0.sampling.beamCount = count
                }
            }
            func score(_ result: Collected) -> Float { result.tokens.compactMap { $0.logprobs?.logprob }.reduce(0, +) }
            let greedy = try await run(1), beams = try await run(4)
            #expect(beams.tokenIDs.count == 8)
            #expect(score(beams) >= score(greedy) - 1e-5)
        }
    }

    @Test("drawn beams repeat with the seed and differ with it")
    func drawnBeams() async throws {
        func run(_ seed: UInt64) async throws -> [TokenID] {
            let request = StateCacheTests.tokens([1, 2]) {
                $0.maxTokens = 12
                $0.sampling.temperature = 1
                $0.sampling.beamCount = 3
                $0.sampling.seed = seed
            }
            return try await Collected(Engine(.scrambled()).generate(request)).tokenIDs
        }
        #expect(try await run(1) == run(1))
        var texts: Set<[TokenID]> = []
        for seed in 0..<6 { texts.insert(try await run(UInt64(seed))) }
        #expect(texts.count > 1)
    }

    @Test("early stopping ends a beam search that could still go on")
    func earlyStopping() async throws {
        func steps(_ early: Bool) async throws -> Int {
            let model = Self.model()
            _ = try await Collected(
                Engine(model).generate(
                    StateCacheTests.tokens([1]) {
                        $0.maxTokens = 20
                        $0.sampling.beamCount = 2
                        $0.sampling.lengthPenalty = 3
                        $0.sampling.stopsBeamsEarly = early
                    }))
            return model.steps.count
        }
        #expect(try await steps(true) <= steps(false))
    }

    @Test("contrastive search takes the likely token that is least like the context")
    func contrastive() async throws {
        let alpha = 0.6, count = 3
        func cosine(_ left: [Float], _ right: [Float]) -> Double {
            func dot(_ left: [Float], _ right: [Float]) -> Double {
                zip(left, right).reduce(0) { $0 + Double($1.0 * $1.1) }
            }
            return dot(left, right) / (dot(left, left) * dot(right, right)).squareRoot()
        }
        for prompt: [TokenID] in [[1], [2, 3, 1], [3, 3, 2, 1]] {
            var read = prompt
            for _ in 0..<8 {
                var logprobs = Self.logprobs(read)
                logprobs[0] = -.infinity
                let total = logprobs.map { exp($0) }.reduce(0, +)
                let best = (1..<Self.size).sorted { logprobs[$0] > logprobs[$1] }.prefix(count)
                let context = (1...read.count).map { Self.hidden(Array(read.prefix($0))) }
                let chosen = best.max { left, right in
                    func score(_ token: TokenID) -> Double {
                        let own = Self.hidden(read + [token])
                        let likeness = context.map { cosine($0, own) }.max() ?? 0
                        return (1 - alpha) * exp(logprobs[token]) / total - alpha * likeness
                    }
                    return score(left) < score(right)
                }
                read.append(try #require(chosen))
            }
            let result = try await Self.run(prompt) {
                $0.maxTokens = 8
                $0.sampling.penaltyAlpha = alpha
                $0.sampling.topK = count
                $0.sampling.bansEndOfText = true
            }
            #expect(result.tokenIDs == Array(read.dropFirst(prompt.count)), "\(prompt)")
        }
    }

    @Test("guidance leads away from the negative prompt, or from the last token alone", arguments: ["", "\u{1}"])
    func guidance(_ negative: String) async throws {
        let scale = 1.75
        // A byte is the token one above it.
        let negativeTokens: [TokenID] = negative.isEmpty ? [3] : [2]
        for prompt: [TokenID] in [[1, 2, 3], [2, 3], [1, 1, 3]] {
            var written: [TokenID] = []
            for _ in 0..<6 {
                let with = Self.logprobs(prompt + written), without = Self.logprobs(negativeTokens + written)
                let scores = zip(with, without).map { scale * ($0 - $1) + $1 }
                written.append(try #require((1..<Self.size).max { scores[$0] < scores[$1] }))
            }
            let result = try await Self.run(prompt) {
                $0.sampling.guidanceScale = scale
                $0.sampling.negativePrompt = negative
                $0.sampling.bansEndOfText = true
            }
            #expect(result.tokenIDs == written, "\(prompt)")
        }
    }

    @Test("searches share the batch with others and change nothing for them")
    func batched() async throws {
        let engine = Engine(Self.model())
        let changes: [@Sendable (inout GenerationRequest) -> Void] = [
            { _ in }, { $0.sampling.beamCount = 3 }, { ($0.sampling.penaltyAlpha, $0.sampling.topK) = (0.5, 2) },
            { $0.sampling.guidanceScale = 2 },
        ]
        let together = try await withThrowingTaskGroup(of: (Int, [TokenID]).self) { group in
            for (number, change) in changes.enumerated() {
                group.addTask {
                    (number, try await Collected(engine.generate(StateCacheTests.tokens([1, 2, 3], change))).tokenIDs)
                }
            }
            return try await group.reduce(into: [Int: [TokenID]]()) { $0[$1.0] = $1.1 }
        }
        for (number, change) in changes.enumerated() {
            #expect(try await Self.run([1, 2, 3], change).tokenIDs == together[number], "\(number)")
        }
    }

    @Test("the vector of a text is its last or its mean hidden state, in chunks as at once", arguments: [1, 2, 256])
    func embeddings(_ chunk: Int) async throws {
        let engine = Engine(Self.model()) { $0.prefillChunk = chunk }
        let tokens: [TokenID] = [1, 2, 3, 1, 1]
        for _ in 0..<2 {
            let last = try await engine.embedding(of: .tokens(tokens), pooling: .last)
            #expect(last.values == Self.hidden(tokens) && last.tokenCount == 5)
        }
        let mean = try await engine.embedding(of: .tokens(tokens), pooling: .mean)
        for index in 0..<Self.size {
            let expected = (1...5).reduce(Float(0)) { $0 + Self.hidden(Array(tokens.prefix($1)))[index] } / 5
            #expect(abs(mean.values[index] - expected) < 1e-5)
        }
        await #expect(throws: GenerationError.self) { try await engine.embedding(of: .tokens([]), pooling: .last) }
    }
}
