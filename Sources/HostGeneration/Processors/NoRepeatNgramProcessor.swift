import HostCore

/// Removes every token that would repeat a run of `size` tokens of prompt and text.
///
/// - Source: transformers `NoRepeatNGramLogitsProcessor`.
struct NoRepeatNgramProcessor: LogitsProcessor {
    let size: Int
    /// The last `size − 1` tokens.
    private var recent: [TokenID] = []
    private var successors: [[TokenID]: Set<TokenID>] = [:]

    init(size: Int) {
        self.size = size
    }

    mutating func promptSeen(_ tokens: [TokenID]) {
        for token in tokens { tokenChosen(token) }
    }

    mutating func process(_ logits: inout [Float]) {
        guard recent.count == size - 1, let banned = successors[recent] else { return }
        // Where all are banned nothing could be said at all; then the rule gives way.
        guard banned.count < logits.count else { return }
        for token in banned { logits[token] = -.infinity }
    }

    mutating func tokenChosen(_ token: TokenID) {
        if recent.count == size - 1 { successors[recent, default: []].insert(token) }
        recent.append(token)
        if recent.count >= size { recent.removeFirst() }
    }
}
