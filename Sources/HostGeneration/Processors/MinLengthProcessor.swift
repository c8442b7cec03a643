import HostCore

/// Keeps the text from ending before it, or prompt and text together, have `length` tokens.
///
/// - Source: transformers `MinLengthLogitsProcessor`.
struct MinLengthProcessor: LogitsProcessor {
    let length: Int
    let endOfText: [TokenID]
    private let countsPrompt: Bool
    private var count = 0

    init(length: Int, endOfText: [TokenID], countsPrompt: Bool = true) {
        self.length = length
        self.endOfText = endOfText
        self.countsPrompt = countsPrompt
    }

    mutating func promptSeen(_ tokens: [TokenID]) { if countsPrompt { count += tokens.count } }

    mutating func process(_ logits: inout [Float]) {
        guard count < length else { return }
        for token in endOfText where logits.indices.contains(token) { logits[token] = -.infinity }
    }

    mutating func tokenChosen(_ token: TokenID) { count += 1 }
}
