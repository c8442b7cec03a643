import HostCore

/// Removes tokens outright.
struct TokenBanProcessor: LogitsProcessor {
    let tokens: Set<TokenID>

    mutating func process(_ logits: inout [Float]) {
        for token in tokens where logits.indices.contains(token) { logits[token] = -.infinity }
    }
}
