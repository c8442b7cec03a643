import HostCore

/// Collects how likely each prompt token was, chunk by chunk, so that memory is bounded by a chunk's logits.
struct PromptScorer {
    /// One for each token so far; the first has no log-probability.
    private(set) var reports: [TokenLogprobs]
    private let alternatives: Int
    private var row: [Float] = []

    init(alternatives: Int, firstToken: TokenID) {
        self.alternatives = alternatives
        reports = [TokenLogprobs(token: firstToken, logprob: nil, alternatives: [])]
    }

    /// Scores the tokens that follow each of a chunk's tokens, and leaves in `logits` what follows the chunk.
    ///
    /// - Parameter following: the prompt from the chunk's second token to the one after its last, if there is one.
    /// - Shapes: `logits` [chunk × vocabulary], then [vocabulary].
    /// - Throws: `GenerationError.nonFinite`.
    mutating func score(
        _ following: ArraySlice<TokenID>, logits: inout [Float], vocabularySize: Int, state: any RecurrentState
    ) throws(GenerationError) {
        for (position, token) in following.enumerated() {
            let start = position * vocabularySize
            guard start + vocabularySize <= logits.count else {
                throw GenerationError(.device, "logits", "the model gave fewer than the prompt has tokens")
            }
            row.replaceSubrange(row.indices, with: logits[start..<start + vocabularySize])
            try LogitsCheck.finite(row, count: vocabularySize, state: state)
            reports.append(LogprobTable(row, count: alternatives).report(token, logit: row[token]))
        }
        logits.removeFirst(max(0, logits.count - vocabularySize))
    }
}
