import HostCore

/// Lowers the logits of tokens that have occurred, by a fixed amount and by a weight that fades: RWKV's own penalty.
///
/// Before each draw every token that has occurred loses `presence + weight · frequency`. After it all weights are
/// multiplied by `decay`, then the drawn token's grows by one.
/// - Source: `rwkv` package, `utils.py` `PIPELINE.generate`; RWKV-Runner's `global_penalty` for the prompt.
struct FadingPenaltyProcessor: LogitsProcessor {
    let presence: Float
    let frequency: Float
    let decay: Float
    let countsPrompt: Bool
    /// Whether a token's weight never grows.
    let isSpared: (TokenID) -> Bool
    private var weights: [TokenID: Float] = [:]

    init(
        presence: Double = 0, frequency: Double = 0, decay: Double, countsPrompt: Bool = false,
        isSpared: @escaping (TokenID) -> Bool = { _ in false }
    ) {
        self.presence = Float(presence)
        self.frequency = Float(frequency)
        self.decay = Float(decay)
        self.countsPrompt = countsPrompt
        self.isSpared = isSpared
    }

    /// The prompt's tokens stand side by side: they fade only as the text grows.
    mutating func promptSeen(_ tokens: [TokenID]) {
        guard countsPrompt else { return }
        for token in tokens { weights[token, default: 0] += isSpared(token) ? 0 : 1 }
    }

    mutating func process(_ logits: inout [Float]) {
        for (token, weight) in weights { logits[token] -= presence + weight * frequency }
    }

    mutating func tokenChosen(_ token: TokenID) {
        if decay != 1 {
            for index in weights.values.indices { weights.values[index] *= decay }
        }
        weights[token, default: 0] += isSpared(token) ? 0 : 1
    }
}

/// Which tokens the `rwkv` package does not count: those whose text is a part of blank, tab and the digits in order.
///
/// - Source: `rwkv` 0.8.32, `utils.py` `PIPELINE.generate`.
enum DigitsAndBlanks {
    private static let text = Array(" \t0123456789".utf8)

    static func contains(_ bytes: [UInt8]) -> Bool {
        guard bytes.count <= text.count else { return false }
        return (0...text.count - bytes.count).contains { text[$0...].starts(with: bytes) }
    }
}
