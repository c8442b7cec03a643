import HostConstraints
import HostCore
import Support
import TestEngines
import Testing

@testable import HostGeneration

/// Drafts make a text come in fewer steps and never another text.
@Suite("Drafted texts are the same texts")
struct DraftTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let change: @Sendable (inout GenerationRequest) -> Void

        init(_ name: String, _ change: @escaping @Sendable (inout GenerationRequest) -> Void) {
            (testDescription, self.change) = (name, change)
        }

        static func sampling(_ name: String, _ change: @escaping @Sendable (inout SamplingParameters) -> Void) -> Case {
            Case(name) { change(&$0.sampling) }
        }
    }

    /// Writes much that it has written before, and now and then something else.
    static func model(chain: Int) -> ScriptedModel {
        ScriptedModel(longestChain: chain) { read in
            func mixed(_ values: some Sequence<TokenID>) -> UInt64 {
                values.reduce(0x9E37_79B9_7F4A_7C15) { hash, token in
                    let value = (hash ^ UInt64(token)) &* 0xBF58_476D_1CE4_E5B9
                    return value ^ (value >> 29)
                }
            }
            let near = mixed(read.suffix(2)), far = mixed(read)
            let usual = TokenID(97 + near % 8), other = TokenID(97 + far % 23)
            return (0..<257).map { token in
                let noise = Float(mixed([token, TokenID(far >> 40)]) >> 40) / Float(1 << 24)
                return token == usual ? 6 : token == other ? (far >> 8) % 6 == 0 ? 9 : 4 : token == 0 ? -9 : noise
            }
        }
    }

    static func collect(_ model: ScriptedModel, draft: Int, _ request: GenerationRequest) async throws -> Collected {
        try await Collected(Engine(model) { ($0.draftTokens, $0.draftRowCost) = (draft, 0.1) }.generate(request))
    }

    static let cases = [
        Case("greedy") { $0.sampling.temperature = 0 },
        Case("plain") { _ in },
        Case("logprobs") { $0.topLogprobs = 3 },
        Case("stop string") { $0.stopStrings = ["ab", "fe", "gg"] },
        Case("stop string shown") { ($0.stopStrings, $0.keepsStopString) = (["cd", "hh", "ba"], true) },
        Case("stop tokens") { $0.stopTokens = [104, 118] },
        Case("processor from outside") { $0.makeProcessors = { [Nudge()] } },
        Case("guidance") { ($0.sampling.guidanceScale, $0.sampling.negativePrompt) = (1.5, "bad") },
        Case("regex") { $0.sampling.constraint = .regex("([a-d]{1,3}name: [a-h]+; )*end") },
        Case("grammar") { $0.sampling.constraint = .grammar(#"root ::= ("\"key\": " [a-h] ", ")+ "done.""#) },
        Case("prediction") { $0.prediction = "`ahbcdefghhgfedcba" },
        .sampling("temperature") { $0.temperature = 0.5 },
        .sampling("hot") { $0.temperature = 1.6 },
        .sampling("top_k") { $0.topK = 5 },
        .sampling("top_p") { $0.topP = 0.8 },
        .sampling("min_p") { $0.minP = 0.1 },
        .sampling("typical_p") { $0.typicalP = 0.7 },
        .sampling("epsilon_cutoff") { $0.epsilonCutoff = 30 },
        .sampling("eta_cutoff") { $0.etaCutoff = 300 },
        .sampling("tfs") { $0.tfs = 0.8 },
        .sampling("top_a") { $0.topA = 0.3 },
        .sampling("top_n_sigma") { $0.topNSigma = 2 },
        .sampling("xtc") { ($0.xtcProbability, $0.xtcThreshold) = (0.5, 0.05) },
        .sampling("dynamic temperature") { $0.dynamicTemperature = .init(low: 0.3, high: 1.8, exponent: 1) },
        .sampling("quadratic") { ($0.smoothingFactor, $0.smoothingCurve) = (0.3, 1.5) },
        .sampling("mirostat 1") { $0.mirostat.version = .one },
        .sampling("mirostat 2") { $0.mirostat.version = .two },
        .sampling("adaptive p") { $0.adaptiveTarget = 0.4 },
        .sampling("repetition") { $0.repetitionPenalty = 1.3 },
        .sampling("repetition in a window") { ($0.repetitionPenalty, $0.penaltyRange) = (1.3, 9) },
        .sampling("encoder repetition") { $0.encoderRepetitionPenalty = 1.3 },
        .sampling("presence") { $0.presencePenalty = 0.7 },
        .sampling("frequency") { $0.frequencyPenalty = 0.3 },
        .sampling("fading") { ($0.frequencyPenalty, $0.penaltyDecay) = (0.6, 0.9) },
        .sampling("n-grams") { $0.noRepeatNgramSize = 6 },
        .sampling("dry") { ($0.dryMultiplier, $0.dryAllowedLength) = (0.4, 4) },
        .sampling("bias") { $0.logitBias = [98: 2, 99: -3] },
        .sampling("bans") { $0.bannedTokens = [98, 100] },
        .sampling("allowed") { $0.allowedTokens = Set(97...104) },
        .sampling("least length") { $0.minNewTokens = 20 },
        .sampling("order") { ($0.order, $0.topP, $0.temperature, $0.minP) = (.rwkv, 0.9, 1.3, 0.05) },
        .sampling("all together") {
            ($0.temperature, $0.topK, $0.topP, $0.minP) = (1.2, 12, 0.95, 0.02)
            ($0.xtcProbability, $0.repetitionPenalty, $0.frequencyPenalty) = (0.3, 1.1, 0.1)
            $0.mirostat.version = .two
        },
    ]

    struct Nudge: LogitsProcessor {
        private var seen = 0
        mutating func process(_ logits: inout [Float]) { logits[97 + seen % 8] += 2 }
        mutating func tokenChosen(_ token: TokenID) { seen += 1 }
    }

    @Test("every sampler gives the same tokens, text and log-probabilities with drafts and without", arguments: cases)
    func same(item: Case) async throws {
        for seed: UInt64 in 1...3 {
            var request = GenerationRequest.text("abcabdacd name: ") {
                $0.sampling.temperature = 1
                $0.maxTokens = 90
            }
            request.sampling.seed = seed
            item.change(&request)
            let plainModel = Self.model(chain: 16), draftedModel = Self.model(chain: 16)
            let plain = try await Self.collect(plainModel, draft: 0, request)
            let drafted = try await Self.collect(draftedModel, draft: 15, request)
            #expect(drafted.tokenIDs == plain.tokenIDs)
            #expect(drafted.tokens.map(\.text) == plain.tokens.map(\.text))
            #expect(drafted.text == plain.text)
            #expect(drafted.tokens.map(\.logprobs?.logprob) == plain.tokens.map(\.logprobs?.logprob))
            #expect(drafted.tokens.map(\.logprobs?.alternatives) == plain.tokens.map(\.logprobs?.alternatives))
            #expect(drafted.finish?.reason == plain.finish?.reason)
            #expect(drafted.finish?.stopString == plain.finish?.stopString)
            #expect(drafted.finish?.usage.completionTokens == plain.finish?.usage.completionTokens)
            #expect(plainModel.steps.allSatisfy { $0.count <= 2 }, "no drafts where none are wanted")
        }
    }

    @Test("a text that repeats itself comes in fewer steps, and tokens that were guessed wrong are fed again by nobody")
    func fewerSteps() async throws {
        let text = bytes(String(repeating: "the cat sat on the mat; ", count: 10) + "then something else; the cat sat on the mat")
        let model = ScriptedModel(longestChain: 16) { read in
            let next = text.indices.contains(read.count - 2) ? text[read.count - 2] : 0
            return (0..<257).map { $0 == next ? 10 : 0 }
        }
        let result = try await Self.collect(model, draft: 15, .text("Hi"))
        #expect(result.tokenIDs == text)
        #expect(model.steps.count < text.count / 3, "\(model.steps.count) steps for \(text.count) tokens")
        #expect((model.steps.map(\.count).max() ?? 0) <= 16)
        // Of each step only the first row was drawn before.
        var read = 2
        for step in model.steps.dropFirst() {
            #expect(read - 2 < text.count && step[0] == [text[min(read - 2, text.count - 1)]])
            read += 1
            read += zip(step.dropFirst(), text.dropFirst(read - 2)).prefix { $0 == [$1] }.count
        }
    }

    @Test("a prediction is tried, and counted as it came")
    func prediction() async throws {
        let text = bytes("let value = 1\nprint(value)\n")
        func model() -> ScriptedModel {
            ScriptedModel(longestChain: 16) { read in
                let next = text.indices.contains(read.count - 2) ? text[read.count - 2] : 0
                return (0..<257).map { $0 == next ? 10 : 0 }
            }
        }
        let right = model()
        let result = try await Self.collect(right, draft: 15, .text("Hi") { $0.prediction = "let value = 1\nprint(value)\n" })
        #expect(result.tokenIDs == text)
        #expect(right.steps.count < 10)
        let usage = try #require(result.finish?.usage)
        #expect(usage.acceptedPredictionTokens > 15 && usage.acceptedPredictionTokens < text.count)
        let near = try await Self.collect(model(), draft: 15, .text("Hi") { $0.prediction = "let value = 2\nprint(value)\n" })
        #expect(near.tokenIDs == text)
        #expect(near.finish?.usage.acceptedPredictionTokens ?? 0 > 10)
        #expect(near.finish?.usage.rejectedPredictionTokens ?? 0 > 0)
        let none = try await Self.collect(model(), draft: 15, .text("Hi"))
        #expect(none.finish?.usage.acceptedPredictionTokens == 0 && none.finish?.usage.rejectedPredictionTokens == 0)
        // Where no drafts are made nothing was accepted, and nothing rejected.
        let off = try await Self.collect(model(), draft: 0, .text("Hi") { $0.prediction = "let value = 1" })
        #expect(off.finish?.usage.acceptedPredictionTokens == 0 && off.finish?.usage.rejectedPredictionTokens == 0)
    }

    @Test("what a form demands comes in one step")
    func form() async throws {
        let model = ScriptedModel.scrambled(longestChain: 16)
        let result = try await Self.collect(
            model, draft: 15, .text("Hi") { $0.sampling.constraint = .regex(#"\{"temperature": [0-9]{2}, "humidity": [0-9]{2}\}"#) })
        #expect(result.text.hasPrefix(#"{"temperature": "#) && result.text.hasSuffix("}"))
        #expect(model.steps.count < result.tokens.count / 2, "\(model.steps.count) steps for \(result.tokens.count) tokens")
    }

    @Test("a model that makes no chains is asked for none, and the log says so once")
    func off() async throws {
        let lines = StateFolderTests.Lines()
        let model = ScriptedModel.writing(bytes("abababababababab"), after: 2)
        let engine = Engine(LoadedModel(model), log: lines.log)
        _ = try await Collected(engine.generate(.text("Hi") { $0.prediction = "abab" }))
        _ = try await Collected(engine.generate(.text("Hi")))
        #expect(model.steps.allSatisfy { $0.count == 1 })
        #expect(lines.all.filter { $0.contains("drafted") }.count == 1)
    }

    @Test("a draft model guesses, and is held to what is drawn", arguments: [0.0, 0.7])
    func draftModel(temperature: Double) async throws {
        var request = GenerationRequest.text("abcabdacd") { $0.maxTokens = 120 }
        (request.sampling.temperature, request.sampling.seed) = (temperature, 3)
        // It knows the usual, not the exceptions.
        let usual = ScriptedModel { read in
            let hash = read.suffix(2).reduce(0x9E37_79B9_7F4A_7C15 as UInt64) { hash, token in
                let value = (hash ^ UInt64(token)) &* 0xBF58_476D_1CE4_E5B9
                return value ^ (value >> 29)
            }
            return (0..<257).map { $0 == Int(97 + hash % 8) ? 1 : 0 }
        }
        let failing = ScriptedModel { _ in [] }
        let refusing = ScriptedModel(beforeStep: { _ throws(GenerationError) in throw GenerationError(.device, "card", "is gone") }) { _ in [] }
        let plain = try await Self.collect(Self.model(chain: 16), draft: 0, request)
        for draftModel in [usual, failing, refusing] {
            let model = Self.model(chain: 16), lines = StateFolderTests.Lines()
            var configuration = EngineConfiguration()
            configuration.draftRowCost = 0.1
            let engine = Engine(LoadedModel(model), configuration: configuration, draftModel: draftModel, log: lines.log)
            let result = try await Collected(engine.generate(request))
            #expect(result.tokenIDs == plain.tokenIDs)
            #expect(lines.all.contains { $0.contains("draft model") } == (draftModel === refusing))
        }
    }

    @Test("texts side by side stay the same and leave each other room")
    func sideBySide() async throws {
        let model = Self.model(chain: 16), engine = Engine(model) { ($0.draftTokens, $0.draftRowCost) = (15, 0.1) }
        let results = try await withThrowingTaskGroup(of: (UInt64, [TokenID]).self) { group in
            for seed: UInt64 in 0..<12 {
                group.addTask {
                    let stream = try await engine.generate(SchedulerTests.request("abcab", seed: seed, count: 60))
                    return (seed, try await Collected(stream).tokenIDs)
                }
            }
            return try await group.reduce(into: [UInt64: [TokenID]]()) { $0[$1.0] = $1.1 }
        }
        for (seed, tokens) in results {
            let request = SchedulerTests.request("abcab", seed: seed, count: 60)
            #expect(try await Self.collect(Self.model(chain: 16), draft: 0, request).tokenIDs == tokens)
        }
        #expect(model.steps.allSatisfy { $0.count <= 16 })
    }

    @Test("what is kept of a text on the way is what is kept without drafts", arguments: [0, 15])
    func keptStates(draft: Int) async throws {
        let engine = Engine(Self.model(chain: 16)) {
            ($0.draftTokens, $0.draftRowCost, $0.writtenStateInterval) = (draft, 0.1, 8)
        }
        func request(_ tokens: [TokenID]) -> GenerationRequest {
            StateCacheTests.tokens(tokens) { $0.maxTokens = 60 }
        }
        let prompt = bytes("abcabdacd")
        let first = try await Collected(engine.generate(request(prompt)))
        #expect(first.tokens.count == 60)
        // Another way from the 21st token on.
        let other = prompt + first.tokenIDs.prefix(21) + [5]
        let second = try await Collected(engine.generate(request(other)))
        #expect(second.prompt?.cachedCount == prompt.count + 16)
        let alone = try await Self.collect(Self.model(chain: 16), draft: 0, request(other))
        #expect(second.tokenIDs == alone.tokenIDs)
        let turn = prompt + first.tokenIDs + [7, 8]
        let third = try await Collected(engine.generate(request(turn)))
        #expect(third.prompt?.cachedCount == prompt.count + 59)
        #expect(third.tokenIDs == (try await Self.collect(Self.model(chain: 16), draft: 0, request(turn))).tokenIDs)
    }

    @Test("a text that ended by itself leaves the state of all that it read", arguments: [0, 15])
    func endedByItself(draft: Int) async throws {
        let text = bytes("abcabcabcabcabc")
        let model = ScriptedModel(longestChain: 16) { read in
            let next = text.indices.contains(read.count - 2) ? text[read.count - 2] : read.count < 20 ? 0 : 50
            return (0..<257).map { $0 == next ? 10 : read.count > 20 ? Float((read.reduce(7) { $0 &* 31 &+ $1 } &+ $0) & 7) : 0 }
        }
        let engine = Engine(model) { ($0.draftTokens, $0.draftRowCost) = (draft, 0.1) }
        let first = try await Collected(engine.generate(.text("Hi")))
        #expect(first.tokenIDs == text && first.finish?.reason == .stop)
        let turn = StateCacheTests.tokens(bytes("Hi") + text + [60, 61, 62, 63, 64])
        let second = try await Collected(engine.generate(turn))
        #expect(second.prompt?.cachedCount == 2 + text.count)
        #expect(second.tokenIDs == (try await Self.collect(model, draft: 0, turn)).tokenIDs)
    }

    @Test("a session goes on the same", arguments: [0, 15])
    func session(draft: Int) async throws {
        let engine = Engine(Self.model(chain: 16)) { ($0.draftTokens, $0.draftRowCost) = (draft, 0.1) }
        var texts: [[TokenID]] = []
        for prompt in ["abcabd", "acd", "hgf"] {
            let request = GenerationRequest.text(prompt) { ($0.sessionID, $0.maxTokens) = ("s", 30) }
            texts.append(try await Collected(engine.generate(request)).tokenIDs)
        }
        let whole = bytes("abcabd") + texts[0] + bytes("acd") + texts[1] + bytes("hgf")
        let request = StateCacheTests.tokens(whole) { $0.maxTokens = 30 }
        #expect(try await Self.collect(Self.model(chain: 16), draft: 0, request).tokenIDs == texts[2])
    }
}
