package import HostCore
import HostRuntime

extension GenerationRequest.Prompt {
    /// Longer texts count as large work.
    fileprivate static let longText = 16_384

    /// How long it takes to make tokens of it.
    var preparation: WorkerPool.Size {
        if case .text(let text, _) = self, text.utf8.count > Self.longText { .large } else { .small }
    }
}

extension GenerationRequest {
    /// How long it takes to prepare: a form is compiled, and guidance has a prompt of its own.
    var preparation: WorkerPool.Size {
        let isLong = sampling.constraint != nil || sampling.negativePrompt.utf8.count > Prompt.longText
        return isLong ? .large : prompt.preparation
    }
}

extension EngineLease {
    /// The tokens of a text of any length; those of long ones are made away from the threads that all streams share.
    ///
    /// - Throws: `CancellationError` where nobody waits for them any more.
    package func tokens(of text: String, parsesSpecialTokens: Bool) async throws -> [TokenID] {
        let tokenizer = loaded.tokenizer
        guard text.utf8.count > GenerationRequest.Prompt.longText else {
            return tokenizer.encode(text, parsesSpecialTokens: parsesSpecialTokens)
        }
        return try await WorkerPool.shared.run(.large) {
            tokenizer.encode(text, parsesSpecialTokens: parsesSpecialTokens)
        }
    }

    /// The tokens of a prompt of any length.
    package func tokens(of prompt: GenerationRequest.Prompt) async throws -> [TokenID] {
        switch prompt {
        case .text(let text, let parses): try await tokens(of: text, parsesSpecialTokens: parses)
        case .tokens(let tokens): tokens
        }
    }

    /// The prompt as the engine takes it without delay: a long text as tokens.
    ///
    /// RWKV starts a new text from its end-of-text token, so that is what an empty one becomes.
    package func prepared(_ prompt: GenerationRequest.Prompt) async throws -> GenerationRequest.Prompt {
        guard case .text(let text, let parses) = prompt else { return prompt }
        if text.isEmpty { return .tokens([loaded.prompting.endOfTextTokens.first ?? 0]) }
        guard text.utf8.count > GenerationRequest.Prompt.longText else { return prompt }
        return .tokens(try await tokens(of: text, parsesSpecialTokens: parses))
    }
}
