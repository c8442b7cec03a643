package import HostCore
import HostRuntime

extension EngineLease {
    /// Longer texts are cut into tokens away from the cooperative threads, which all streams share.
    private static let longText = 16_384

    /// The tokens of a text of any length.
    ///
    /// - Throws: `CancellationError` where nobody waits for them any more.
    package func tokens(of text: String, parsesSpecialTokens: Bool) async throws -> [TokenID] {
        let tokenizer = loaded.tokenizer
        guard text.utf8.count > Self.longText else {
            return tokenizer.encode(text, parsesSpecialTokens: parsesSpecialTokens)
        }
        return try await WorkerPool.shared.run(.large) {
            tokenizer.encode(text, parsesSpecialTokens: parsesSpecialTokens)
        }
    }

    /// The prompt as the engine takes it without delay: a long text as tokens.
    ///
    /// RWKV starts a new text from its end-of-text token, so that is what an empty one becomes.
    package func prepared(_ prompt: GenerationRequest.Prompt) async throws -> GenerationRequest.Prompt {
        guard case .text(let text, let parses) = prompt else { return prompt }
        if text.isEmpty { return .tokens([loaded.prompting.endOfTextTokens.first ?? 0]) }
        guard text.utf8.count > Self.longText else { return prompt }
        return .tokens(try await tokens(of: text, parsesSpecialTokens: parses))
    }
}
