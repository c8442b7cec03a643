package import HostCore
import HostRuntime

extension GenerationRequest.Prompt {
    // In bytes; what is longer than the first takes milliseconds, and what is longer than the second counts as large work.
    private static let shortText = 2048
    fileprivate static let longText = 16_384

    /// Where it is made into tokens; nil where that takes no longer than to hand it over.
    var preparation: WorkerPool.Size? {
        switch self {
        case .text(let text, _): text.utf8.count > Self.longText ? .large : text.utf8.count > Self.shortText ? .small : nil
        case .tokens(let tokens): tokens.count > Self.shortText ? .small : nil
        }
    }
}

extension GenerationRequest {
    /// Where it is prepared: a form is compiled, guidance has a prompt of its own, and a tuned state is a file.
    var preparation: WorkerPool.Size? {
        if sampling.constraint != nil || sampling.negativePrompt.utf8.count + prediction.utf8.count > Prompt.longText {
            return .large
        }
        return prompt.preparation ?? (initialState == nil && sampling.guidanceScale == 1 ? nil : .small)
    }
}

extension EngineLease {
    /// The tokens of a text of any length; those of long ones are made away from the threads that all streams share.
    ///
    /// - Throws: `CancellationError` where the request was cancelled.
    package func tokens(of text: String, parsesSpecialTokens: Bool) async throws -> [TokenID] {
        let tokenizer = loaded.tokenizer
        guard text.utf8.count > GenerationRequest.Prompt.longText else {
            return tokenizer.encode(text, parsesSpecialTokens: parsesSpecialTokens)
        }
        return try await WorkerPool.shared.run(.large) {
            tokenizer.encode(text, parsesSpecialTokens: parsesSpecialTokens)
        }
    }

    /// The tokens of a prompt, where more is to be known of them than that the engine reads them.
    ///
    /// - Parameter isBounded: whether the prompt must be one that the engine takes.
    /// - Throws: `GenerationError.promptTooLong` for a text that has too many tokens however it is cut into them.
    package func tokens(of prompt: GenerationRequest.Prompt, isBounded: Bool = false) async throws -> [TokenID] {
        switch prompt {
        case .tokens(let tokens): return tokens
        case .text("", _): return [loaded.beginning]
        case .text(let text, let parses):
            if isBounded { try PromptBound(maxPromptTokens, loaded).check(bytes: text) }
            return try await tokens(of: text, parsesSpecialTokens: parses)
        }
    }
}

extension LoadedModel {
    /// RWKV starts a new text from its end-of-text token, so that is what an empty one becomes.
    var beginning: TokenID { promptFormat.endOfTextTokens.first ?? 0 }
}
