import HostCore

/// Makes tokens that have occurred less likely, once each: divides positive logits and multiplies negative ones.
///
/// - Source: Keskar et al. 2019, "CTRL"; transformers `RepetitionPenaltyLogitsProcessor`. With the prompt alone and the
///   reciprocal value it is transformers' `EncoderRepetitionPenaltyLogitsProcessor`.
struct RepetitionPenaltyProcessor: LogitsProcessor {
    let penalty: Float
    let countsGenerated: Bool
    private var window: TokenWindow

    /// - Parameter range: see `SamplingParameters.penaltyRange`.
    init(penalty: Double, range: Int = 0, countsGenerated: Bool = true) {
        self.penalty = Float(penalty)
        self.countsGenerated = countsGenerated
        window = TokenWindow(range: range)
    }

    mutating func promptSeen(_ tokens: [TokenID]) { window.append(tokens) }

    mutating func process(_ logits: inout [Float]) {
        for token in window.counts.keys {
            let logit = logits[token]
            logits[token] = logit < 0 ? logit * penalty : logit / penalty
        }
    }

    mutating func tokenChosen(_ token: TokenID) {
        if countsGenerated { window.append(token) }
    }
}
