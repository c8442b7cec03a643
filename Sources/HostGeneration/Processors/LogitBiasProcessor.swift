import HostCore

/// Adds a fixed amount to single logits.
struct LogitBiasProcessor: LogitsProcessor {
    let bias: [TokenID: Double]

    mutating func process(_ logits: inout [Float]) {
        for (token, amount) in bias where logits.indices.contains(token) { logits[token] += Float(amount) }
    }
}
