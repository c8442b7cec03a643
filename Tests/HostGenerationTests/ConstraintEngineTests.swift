import HostCore
import HostGeneration
import Support
import TestEngines
import Testing

@Suite("Generation under constraints")
struct ConstraintEngineTests {
    @Test("a model that writes anything writes what the constraint asks for, and stops when it is complete")
    func scrambled() async throws {
        let engine = Engine(.scrambled())
        for seed: UInt64 in 0..<8 {
            let result = try await Collected(
                engine.generate(
                    .text("Hi \(seed)") {
                        $0.sampling.temperature = 1
                        $0.sampling.seed = seed
                        $0.sampling.constraint = .regex("[a-c]{2,5}[0-9]{3}")
                    }))
            #expect(result.finish?.reason == .stop)
            #expect(try result.text.wholeMatch(of: Regex("[a-c]{2,5}[0-9]{3}")) != nil, "\(result.text)")
            #expect(result.tokens.count == result.text.count, "no step is spent on the end")
        }
    }

    @Test("the model may end only where the form may")
    func endOfText() async throws {
        // Wants to end at once.
        let engine = Engine(.writing([], after: 2))
        let result = try await Collected(
            engine.generate(.text("Hi") { $0.sampling.constraint = .regex("abc(d|e)*") }))
        #expect(result.text == "abc")
        #expect(result.finish?.reason == .stop)
    }

    @Test("a form of no text at all gives no text")
    func nothing() async throws {
        let result = try await Collected(
            Engine(.uniform()).generate(.text("Hi") { $0.sampling.constraint = .regex("") }))
        #expect(result.text.isEmpty && result.tokens.isEmpty)
        #expect(result.finish?.reason == .stop)
    }

    @Test("bias, bans and penalties act among the tokens that fit")
    func withBias() async throws {
        let result = try await Collected(
            Engine(.uniform()).generate(
                .text("Hi") {
                    $0.sampling.constraint = .regex("[abz]{3}")
                    $0.sampling.logitBias = [TokenID(UInt8(ascii: "q")) + 1: 50, TokenID(UInt8(ascii: "z")) + 1: 5]
                    $0.topLogprobs = 5
                }))
        #expect(result.text == "zzz")
        #expect(result.tokens.allSatisfy { $0.logprobs?.alternatives.count == 3 })
    }

    @Test("bans that leave nothing of the form are told")
    func bannedForm() async throws {
        let stream = try await Engine(.uniform()).generate(
            .text("Hi") {
                $0.sampling.constraint = .regex("a")
                $0.sampling.bannedTokens = [98]
            })
        await #expect(throws: GenerationError.self) { try await Collected(stream) }
    }

    @Test("a bad constraint is refused before anything is generated")
    func refused() async throws {
        let model = ScriptedModel.uniform()
        let engine = Engine(model)
        do {
            _ = try await engine.generate(.text("Hi") { $0.sampling.constraint = .grammar("root ::= missing") })
            Issue.record("was accepted")
        } catch {
            #expect(error.kind == .invalidParameter && error.subject == "grammar_string")
        }
        #expect(model.steps.isEmpty)
    }

    @Test("the logits after samplers show only what fits")
    func logits() async throws {
        var sampling = SamplingParameters()
        sampling.constraint = .regex("[xy]")
        let logits = try await Engine(.uniform()).nextLogits(
            after: .text("Hi", parsesSpecialTokens: false), sampling: sampling)
        #expect(logits.indices.filter { logits[$0] > -.infinity } == bytes("xy"))
    }

    @Test("sequences with and without constraints share a batch")
    func batch() async throws {
        let engine = Engine(.scrambled())
        let patterns = ["[a-f]{20}", "(yes|no)", "[0-9]{30}", nil]
        try await withThrowingTaskGroup(of: (String?, String).self) { group in
            for number in 0..<12 {
                let pattern = patterns[number % patterns.count]
                group.addTask {
                    let result = try await Collected(
                        engine.generate(
                            .text("Prompt \(number)") {
                                $0.maxTokens = 40
                                $0.sampling.constraint = pattern.map(OutputConstraint.regex)
                            }))
                    return (pattern, result.text)
                }
            }
            for try await (pattern, text) in group {
                if let pattern { #expect(try text.wholeMatch(of: Regex(pattern)) != nil, "\(text)") }
            }
        }
    }
}
