import HostCore
import HostGeneration
import Support
import TestEngines
import Testing

@Suite("One generation")
struct EngineTests {
    /// Writes `text` byte by byte after the prompt "Hi".
    static func engine(writing text: String) -> Engine { Engine(.writing(bytes(text), after: 2)) }

    @Test("prompt, tokens and end come in order, and the text is what the model wrote")
    func events() async throws {
        let result = try await Collected(Self.engine(writing: "Hello").generate(.text("Hi")))
        #expect(result.prompt?.tokens == bytes("Hi"))
        #expect(result.text == "Hello")
        #expect(result.tokenIDs == bytes("Hello"))
        #expect(result.finish?.reason == .stop)
        #expect(result.finish?.stopString == nil)
        #expect(result.finish?.usage.promptTokens == 2)
        #expect(result.finish?.usage.completionTokens == 5)
    }

    @Test("at most so many tokens are written; none when 0 are asked for")
    func maxTokens() async throws {
        let three = try await Collected(Self.engine(writing: "Hello").generate(.text("Hi") { $0.maxTokens = 3 }))
        #expect(three.text == "Hel")
        #expect(three.finish?.reason == .length)
        let none = try await Collected(Self.engine(writing: "Hello").generate(.text("Hi") { $0.maxTokens = 0 }))
        #expect(none.tokens.isEmpty)
        #expect(none.finish?.reason == .length)
        #expect(none.prompt?.tokens.count == 2)
    }

    @Test("a stop string that spans tokens is cut exactly and never shown")
    func stopAcrossTokens() async throws {
        let engine = Self.engine(writing: "Fine.\n\nUser: and you?")
        let result = try await Collected(engine.generate(.text("Hi") { $0.stopStrings = ["\n\nUser:", "zzz"] }))
        #expect(result.text == "Fine.")
        #expect(result.finish?.reason == .stop)
        #expect(result.finish?.stopString == "\n\nUser:")
        #expect(result.finish?.usage.completionTokens == "Fine.\n\nUser:".utf8.count)
    }

    @Test("a stop string inside of one token cuts the token's text")
    func stopInsideToken() async throws {
        let tokenizer = ByteTokenizer(words: ["good END bye"])
        let model = ScriptedModel.writing([257], after: 2, vocabularySize: 258)
        let result = try await Collected(
            Engine(model, tokenizer: tokenizer).generate(.text("Hi") { $0.stopStrings = ["END"] }))
        #expect(result.text == "good ")
        #expect(result.finish?.stopString == "END")
    }

    @Test("text held back for a stop string is shown when the text ends otherwise", arguments: [nil, 7] as [Int?])
    func heldTextIsFlushed(_ maxTokens: Int?) async throws {
        let engine = Self.engine(writing: "So.\n\nUs")
        let result = try await Collected(
            engine.generate(
                .text("Hi") {
                    $0.stopStrings = ["\n\nUser:"]
                    $0.maxTokens = maxTokens
                }))
        #expect(result.text == "So.\n\nUs")
        #expect(result.finish?.text == "\n\nUs")
    }

    @Test("no event ends in the middle of a character")
    func characters() async throws {
        let text = "né 日本 🦆!"
        let result = try await Collected(Self.engine(writing: text).generate(.text("Hi")))
        #expect(result.text == text)
        for report in result.tokens { #expect(!report.text.contains("\u{FFFD}")) }
        #expect(result.tokens.count == text.utf8.count)
    }

    @Test("half a character at the end is shown as the replacement character")
    func halfCharacter() async throws {
        let result = try await Collected(Self.engine(writing: "a日").generate(.text("Hi") { $0.maxTokens = 3 }))
        #expect(result.text == "a\u{FFFD}")
    }

    @Test("control tokens give no text unless asked for")
    func specialTokens() async throws {
        let engine = Engine(.writing(bytes("ab"), after: 2))
        let result = try await Collected(
            engine.generate(
                .text("Hi") {
                    $0.sampling.bansEndOfText = true
                    $0.maxTokens = 3
                }))
        // With the end of text banned every other token is equally likely; the lowest is byte 0.
        #expect(result.tokenIDs == bytes("ab") + [1])
        #expect(result.text == "ab\0")
    }

    @Test("a sampled text repeats with its seed and changes without")
    func seeds() async throws {
        let engine = Engine(.scrambled())
        func run(seed: UInt64?) async throws -> [TokenID] {
            try await Collected(
                engine.generate(
                    .text("Hi") {
                        $0.sampling.temperature = 1
                        $0.sampling.seed = seed
                        $0.maxTokens = 24
                    })
            ).tokenIDs
        }
        let first = try await run(seed: 5)
        #expect(first.count == 24)
        #expect(try await run(seed: 5) == first)
        #expect(try await run(seed: 6) != first)
    }

    @Test("logits that are not finite end the request with an error")
    func nonFinite() async throws {
        for bad in [Float.nan, .infinity, -.infinity] {
            let engine = Engine(
                ScriptedModel { read in (0..<257).map { $0 == 9 && read.count > 3 ? bad : Float($0) / 300 } })
            let stream = try await engine.generate(.text("Hi"))
            let error = await #expect(throws: GenerationError.self) { try await Collected(stream) }
            #expect(error?.kind == .nonFinite)
        }
    }

    @Test("bans that leave no token are an error, not token 0 for ever")
    func nothingLeft() async throws {
        let stream = try await Engine(.uniform()).generate(.text("Hi") { $0.sampling.bannedTokens = Set(0..<257) })
        let error = await #expect(throws: GenerationError.self) { try await Collected(stream) }
        #expect(error?.kind == .invalidParameter)
    }

    @Test("a request that cannot be served is refused before anything runs")
    func refusals() async throws {
        let model = ScriptedModel.uniform()
        let engine = Engine(model)
        let wrong: [(GenerationError.Kind, String, GenerationRequest)] = [
            (.invalidParameter, "prompt", GenerationRequest(prompt: .tokens([]))),
            (.invalidToken, "prompt", GenerationRequest(prompt: .tokens([1, 257]))),
            (.invalidToken, "prompt", GenerationRequest(prompt: .tokens([-1]))),
            (.invalidParameter, "max_tokens", .text("Hi") { $0.maxTokens = -1 }),
            (.invalidParameter, "logprobs", .text("Hi") { $0.topLogprobs = -1 }),
            (.invalidParameter, "top_p", .text("Hi") { $0.sampling.topP = 2 }),
            (.invalidToken, "logit_bias", .text("Hi") { $0.sampling.logitBias = [300: 1] }),
            (.invalidToken, "custom_token_bans", .text("Hi") { $0.sampling.bannedTokens = [-4] }),
            (.invalidParameter, "stop", .text("Hi") { $0.stopStrings = [String(repeating: "x", count: 5000)] }),
            (.invalidParameter, "stop", .text("Hi") { $0.stopStrings = Array(repeating: "x", count: 5000) }),
        ]
        for (kind, subject, request) in wrong {
            let error = await #expect(throws: GenerationError.self) { try await engine.generate(request) }
            #expect(error?.kind == kind)
            #expect(error?.subject == subject)
        }
        #expect(model.steps.isEmpty)
    }

    @Test("an empty text starts a new one at the end-of-text token")
    func emptyText() async throws {
        let model = ScriptedModel.uniform()
        let engine = Engine(model)
        for try await _ in try await engine.generate(.text("") { $0.maxTokens = 1 }) {}
        #expect(model.steps.first?.first == [0])
        _ = try await engine.embedding(of: .text("", parsesSpecialTokens: false), pooling: .last)
        #expect(model.steps.last?.first == [0])
    }

    @Test("the thread ends and the weights go when nobody refers to the engine")
    func freed() async throws {
        weak var model: ScriptedModel?
        do {
            let scripted = ScriptedModel.writing(bytes("Hello"), after: 2)
            model = scripted
            let engine = Engine(scripted)
            #expect(try await Collected(engine.generate(.text("Hi"))).text == "Hello")
        }
        // The last turn of the thread may still be under way.
        for _ in 0..<1000 where model != nil { try await Task.sleep(for: .milliseconds(2)) }
        #expect(model == nil)
    }
}
