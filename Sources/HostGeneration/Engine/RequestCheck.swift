import HostCore

/// What a request must satisfy before it may wait for its turn.
package struct RequestCheck {
    private let loaded: LoadedModel
    private let bound: PromptBound

    /// More than any client sends; a bound on the work for each token.
    package static let maxStopStrings = 256
    package static let maxStopBytes = 4096
    /// Log-probabilities of one answer; each takes some dozens of bytes until the answer is written.
    private static let maxScores = 2_000_000

    init(_ loaded: LoadedModel, maxPromptTokens: Int = .max) {
        self.loaded = loaded
        bound = PromptBound(maxPromptTokens, loaded)
    }

    /// Checks everything and gives the prompt's tokens.
    ///
    /// - Parameter pending: tokens of the session that are read before the prompt.
    /// - Throws: `GenerationError.invalidParameter`, `.invalidToken` or `.promptTooLong`.
    func tokens(of request: GenerationRequest, after pending: [TokenID] = []) throws(GenerationError) -> [TokenID] {
        try validate(request.sampling)
        try check("stop_token_ids", request.stopTokens)
        try check("max_tokens", request.maxTokens)
        try check("logprobs", request.topLogprobs)
        try check("truncation_length", request.truncationLength)
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
        if request.sampling.beamCount > 1, request.maxTokens == nil || request.sessionID != nil {
            throw GenerationError(
                .invalidParameter, "num_beams", "needs a number of new tokens, and does not go with session_id")
        }
        let isCut = request.truncationLength != nil
        let tokens = try truncated(
            pending + tokens(of: request.prompt, mayBeEmpty: !pending.isEmpty, mayBeLong: isCut), for: request)
        try bound.check(count: tokens.count)
        try checkScores(of: request, count: tokens.count)
        if request.sampling.isContrastive, tokens.count > ContrastiveDecoder.maximumContext {
            throw GenerationError(
                .promptTooLong, "prompt",
                "has \(tokens.count) tokens; penalty_alpha compares with at most \(ContrastiveDecoder.maximumContext)")
        }
        return tokens
    }

    func tokens(
        of prompt: GenerationRequest.Prompt, mayBeEmpty: Bool = false, mayBeLong: Bool = false
    ) throws(GenerationError) -> [TokenID] {
        if !mayBeLong, case .text(let text, _) = prompt { try bound.check(bytes: text) }
        let tokens =
            switch prompt {
            case .text("", _): mayBeEmpty ? [] : [loaded.beginning]
            case .text(let text, let parses): loaded.tokenizer.encode(text, parsesSpecialTokens: parses)
            case .tokens(let tokens): tokens
            }
        if !mayBeLong { try bound.check(count: tokens.count) }
        guard mayBeEmpty || !tokens.isEmpty else {
            throw GenerationError(.invalidParameter, "prompt", "is empty", advice: "Send at least one token.")
        }
        let vocabulary = 0..<loaded.model.vocabularySize
        if let token = tokens.first(where: { !vocabulary.contains($0) }) {
            throw GenerationError(
                .invalidToken, "prompt", "holds token \(token), the vocabulary is 0 to \(vocabulary.count - 1)")
        }
        return tokens
    }

    /// What guidance leads away from; nothing where there is none.
    func negativeTokens(of request: GenerationRequest, prompt: [TokenID]) throws(GenerationError) -> [TokenID] {
        guard request.sampling.guidanceScale != 1 else { return [] }
        let text = request.sampling.negativePrompt
        return text.isEmpty ? prompt.suffix(1) : try tokens(of: .text(text, parsesSpecialTokens: true))
    }

    /// After how many tokens the state is worth keeping: where the first message ends, and the last two.
    ///
    /// Where a token reaches over the end, before that token; so it is the same when the conversation goes on.
    func snapshotPoints(of request: GenerationRequest, prompt: [TokenID]) -> [Int] {
        let ends = request.messageEnds.sorted()
        guard let first = ends.first else { return [] }
        let wanted = Set([first] + ends.suffix(2))
        var snapshotPoints: [Int] = []
        var byteCount = 0
        for (position, token) in prompt.enumerated() {
            let next = byteCount + loaded.tokenizer.bytes(of: token).count
            if wanted.contains(where: { byteCount <= $0 && $0 < next }) { snapshotPoints.append(position) }
            byteCount = next
        }
        return snapshotPoints
    }

    func validate(_ sampling: SamplingParameters) throws(GenerationError) {
        try sampling.validate()
        let vocabulary = 0..<loaded.model.vocabularySize
        if let token = sampling.logitBias.keys.first(where: { !vocabulary.contains($0) }) {
            throw GenerationError(
                .invalidToken, "logit_bias", "names token \(token), the vocabulary is 0 to \(vocabulary.count - 1)")
        }
        try check("custom_token_bans", sampling.bannedTokens)
        try check("allowed_token_ids", sampling.allowedTokens)
    }

    private func check(_ name: String, _ tokens: Set<TokenID>) throws(GenerationError) {
        let vocabulary = 0..<loaded.model.vocabularySize
        guard let token = tokens.first(where: { !vocabulary.contains($0) }) else { return }
        throw GenerationError(.invalidToken, name, "names token \(token), the vocabulary is 0 to \(vocabulary.count - 1)")
    }

    private func check(_ name: String, _ count: Int?) throws(GenerationError) {
        if let count, count < 0 {
            throw GenerationError(.invalidParameter, name, "must be 0 or more, not \(count)")
        }
    }

    private func checkScores(of request: GenerationRequest, count: Int) throws(GenerationError) {
        let alternatives = (request.topLogprobs ?? 0) + 1
        guard request.scoresPrompt, count > RequestCheck.maxScores / alternatives else { return }
        throw GenerationError(
            .promptTooLong, "prompt",
            "has \(count) tokens; with \(alternatives - 1) alternatives for each, "
                + "at most \(RequestCheck.maxScores / alternatives) can be scored at once",
            advice: "Ask for fewer alternatives, or score the text in parts")
    }

    private func truncated(_ tokens: [TokenID], for request: GenerationRequest) throws(GenerationError) -> [TokenID] {
        let new = request.maxTokens ?? 0
        guard let length = request.truncationLength, tokens.count > length - new else { return tokens }
        guard length > new else {
            throw GenerationError(
                .invalidParameter, "truncation_length",
                "leaves no room for the prompt: \(length), of which \(new) are new")
        }
        return tokens.suffix(length - new)
    }
}
