import HostCore

/// The best few of many without sorting all.
enum Selection {
    /// The tokens with the `count` greatest values, best first, the lower token first among equals; those at minus
    /// infinity are never among them.
    ///
    /// - Cost: one pass, and a sort of 2 · `count` for every `count` tokens that beat what was kept before.
    static func largest(_ count: Int, of values: borrowing [Float]) -> [TokenID] {
        guard count > 0 else { return [] }
        let values = values.span
        let room = 2 * min(count, values.count)
        var kept: [TokenID] = []
        kept.reserveCapacity(room)
        var bound = -Float.infinity
        func cut() {
            kept.sort { values[$0] != values[$1] ? values[$0] > values[$1] : $0 < $1 }
            if kept.count >= count {
                kept.removeLast(kept.count - count)
                bound = values[kept[count - 1]]
            }
        }
        for token in values.indices where values[token] > bound {
            kept.append(token)
            if kept.count == room { cut() }
        }
        cut()
        return kept
    }

    /// The shortest run of tokens from the best `score` down whose share of all weights reaches `share`; at least one.
    static func smallestSet(
        reaching share: Double, by score: borrowing [Float], weights: borrowing [Float], total: Double
    ) -> [TokenID] {
        var count = 64
        while true {
            var ranked = largest(count, of: score)
            var sum = 0.0
            for (rank, token) in ranked.enumerated() {
                sum += Double(weights[token])
                if sum >= share * total {
                    ranked.removeLast(ranked.count - rank - 1)
                    return ranked
                }
            }
            if ranked.count < count { return ranked }
            count *= 8
        }
    }

    /// Removes every token but these.
    static func keepOnly(_ tokens: [TokenID], in logits: inout [Float]) {
        let values = tokens.map { logits[$0] }
        for token in logits.indices { logits[token] = -.infinity }
        for (token, value) in zip(tokens, values) { logits[token] = value }
    }

    /// Removes every token whose logit is less.
    static func removeBelow(_ bound: Float, in logits: inout [Float]) {
        for token in logits.indices where logits[token] < bound { logits[token] = -.infinity }
    }
}

/// What becomes of tokens that are exactly as likely as the last one kept.
enum TieRule: Sendable {
    /// They stay.
    case keepAll
    /// The lower token numbers stay, so that the count is exact.
    case keepLowest
}
