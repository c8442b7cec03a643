import HostCore

/// Removes every token but these.
struct AllowedTokensProcessor: LogitsProcessor {
    let tokens: Set<TokenID>

    mutating func process(_ logits: inout [Float]) {
        for token in logits.indices where !tokens.contains(token) { logits[token] = -.infinity }
    }
}
