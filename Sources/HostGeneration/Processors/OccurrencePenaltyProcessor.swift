import HostCore

/// Lowers the logits of tokens in the window, by a fixed amount and by how often they occur there.
///
/// - Source: the OpenAI API's presence and frequency penalties; text-generation-webui counts the prompt too.
struct OccurrencePenaltyProcessor: LogitsProcessor {
    let presence: Float
    let frequency: Float
    let countsPrompt: Bool
    private var window: TokenWindow

    /// - Parameter range: see `SamplingParameters.penaltyRange`.
    init(presence: Double = 0, frequency: Double = 0, range: Int, countsPrompt: Bool) {
        self.presence = Float(presence)
        self.frequency = Float(frequency)
        self.countsPrompt = countsPrompt
        window = TokenWindow(range: range)
    }

    mutating func promptSeen(_ tokens: [TokenID]) {
        if countsPrompt { window.append(tokens) }
    }

    mutating func process(_ logits: inout [Float]) {
        for (token, count) in window.counts { logits[token] -= presence + Float(count) * frequency }
    }

    mutating func tokenChosen(_ token: TokenID) { window.append(token) }
}
