import HostCore
import Support
import TestEngines
import Testing

@testable import HostGeneration

@Suite("How long a prompt may be")
struct PromptBoundTests {
    @Test("C20: a prompt over the bound is refused in the words that clients look for, as text or as tokens")
    func refused() async throws {
        let engine = Engine(.uniform()) { $0.maxPromptTokens = 8 }
        for request in [
            GenerationRequest.text("123456789"), GenerationRequest(prompt: .tokens([1, 2, 3, 4, 5, 6, 7, 8, 9])),
            .text(String(repeating: "a", count: 1000)),
        ] {
            let error = await #expect(throws: GenerationError.self) { try await engine.generate(request) }
            #expect(error?.kind == .promptTooLong)
            #expect(error?.description.hasPrefix("This model's maximum context length is 8 tokens. However, ") == true)
        }
        let error = await #expect(throws: GenerationError.self) {
            try await engine.embedding(of: .text("123456789", parsesSpecialTokens: false), pooling: .last)
        }
        #expect(error?.kind == .promptTooLong)
        await #expect(throws: GenerationError.self) {
            try await engine.nextLogits(after: .text("123456789", parsesSpecialTokens: false), sampling: nil)
        }
        #expect(try await Collected(engine.generate(.text("12345678") { $0.maxTokens = 1 })).finish?.usage.promptTokens == 8)
    }

    @Test("a prompt that the request cuts to a length of its own may be longer")
    func cut() async throws {
        let engine = Engine(.uniform()) { $0.maxPromptTokens = 8 }
        let stream = try await engine.generate(
            .text("0123456789") {
                $0.maxTokens = 1
                $0.truncationLength = 5
            })
        #expect(try await Collected(stream).finish?.usage.promptTokens == 4)
    }
}
