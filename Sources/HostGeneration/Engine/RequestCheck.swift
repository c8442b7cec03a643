import HostCore

/// What a request must satisfy before it may wait for its turn.
struct RequestCheck {
    private let loaded: LoadedModel

    /// More than any client sends; a bound on the work for each token.
    private static let maxStopStrings = 256
    private static let maxStopBytes = 4096
    /// Log-probabilities of one answer; each takes some dozens of bytes until the answer is written.
    private static let maxScores = 2_000_000

    init(_ loaded: LoadedModel) {
        self.loaded = loaded
    }

    /// Checks everything and gives the prompt's tokens.
    ///
    /// - Throws: `GenerationError.invalidParameter` or `.invalidToken`.
    func tokens(of request: GenerationRequest) throws(GenerationError) -> [TokenID] {
        try validate(request.sampling)
        if let count = request.maxTokens, count < 0 {
            throw GenerationError(.invalidParameter, "max_tokens", "must be 0 or more, not \(count)")
        }
        if let count = request.topLogprobs, count < 0 {
            throw GenerationError(.invalidParameter, "logprobs", "must be 0 or more, not \(count)")
        }
        if request.stopStrings.count > RequestCheck.maxStopStrings {
            throw GenerationError(
                .invalidParameter, "stop",
                "holds \(request.stopStrings.count) strings, at most \(RequestCheck.maxStopStrings) are accepted")
        }
        if let long = request.stopStrings.map(\.utf8.count).max(), long > RequestCheck.maxStopBytes {
            throw GenerationError(
                .invalidParameter, "stop",
                "holds a string of \(long) bytes, at most \(RequestCheck.maxStopBytes) are accepted")
        }
        let tokens = try tokens(of: request.prompt)
        let alternatives = (request.topLogprobs ?? 0) + 1
        if request.scoresPrompt, tokens.count > RequestCheck.maxScores / alternatives {
            throw GenerationError(
                .promptTooLong, "prompt",
                "has \(tokens.count) tokens; with \(alternatives - 1) alternatives for each, "
                    + "at most \(RequestCheck.maxScores / alternatives) can be scored at once",
                advice: "Ask for fewer alternatives, or score the text in parts")
        }
        return tokens
    }

    func tokens(of prompt: GenerationRequest.Prompt) throws(GenerationError) -> [TokenID] {
        let tokens =
            switch prompt {
            // RWKV starts a new text from its end-of-text token, so that is what an empty one is.
            case .text("", _): [loaded.prompting.endOfTextTokens.first ?? 0]
            case .text(let text, let parses): loaded.tokenizer.encode(text, parsesSpecialTokens: parses)
            case .tokens(let tokens): tokens
            }
        guard !tokens.isEmpty else {
            throw GenerationError(.invalidParameter, "prompt", "is empty", advice: "Send at least one token.")
        }
        let vocabulary = 0..<loaded.model.vocabularySize
        if let token = tokens.first(where: { !vocabulary.contains($0) }) {
            throw GenerationError(
                .invalidToken, "prompt", "holds token \(token), the vocabulary is 0 to \(vocabulary.count - 1)")
        }
        return tokens
    }

    func validate(_ sampling: SamplingParameters) throws(GenerationError) {
        try sampling.validate()
        let vocabulary = 0..<loaded.model.vocabularySize
        if let token = sampling.logitBias.keys.first(where: { !vocabulary.contains($0) }) {
            throw GenerationError(
                .invalidToken, "logit_bias", "names token \(token), the vocabulary is 0 to \(vocabulary.count - 1)")
        }
        if let token = sampling.bannedTokens.first(where: { !vocabulary.contains($0) }) {
            throw GenerationError(
                .invalidToken, "custom_token_bans",
                "names token \(token), the vocabulary is 0 to \(vocabulary.count - 1)")
        }
    }
}
