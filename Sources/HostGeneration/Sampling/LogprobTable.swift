import HostCore

/// The log-probabilities of one step, taken before penalties and filters change the logits.
struct LogprobTable {
    private let logSum: Double
    private let alternatives: [TokenLogprobs.Alternative]

    /// - Parameter count: how many of the most likely tokens to name.
    init(_ logits: borrowing [Float], count: Int) {
        let logSum = Softmax.logSum(logits)
        self.logSum = logSum
        var alternatives: [TokenLogprobs.Alternative] = []
        for token in Selection.largest(count, of: logits) {
            alternatives.append(.init(token: token, logprob: Float(Double(logits[token]) - logSum)))
        }
        self.alternatives = alternatives
    }

    /// - Parameter logit: the token's logit in the same table.
    func report(_ token: TokenID, logit: Float) -> TokenLogprobs {
        TokenLogprobs(token: token, logprob: Float(Double(logit) - logSum), alternatives: alternatives)
    }
}
