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

    /// Where the shortest run of tokens from the best score down ends whose share of all weights reaches `share`; it has
    /// at least one token.
    ///
    /// - Cost: one pass where a few tokens have the share, else three and a sort of those near the border, whatever the
    ///   shape of the distribution.
    static func border(
        reaching share: Double, by scores: borrowing [Float], weights: borrowing [Float], total: Double
    ) -> SelectionBorder {
        let wanted = share * total
        var sum = 0.0
        for token in largest(fewTokens, of: scores) {
            sum += Double(weights[token])
            if sum >= wanted { return SelectionBorder(score: scores[token], lastToken: token) }
        }
        let best = Softmax.maximum(scores)
        guard best > -.infinity else { return .everything }
        var bins = SelectionBins(best: best)
        bins.add(scores, weights: weights)
        guard let (bin, massBefore) = bins.bin(reaching: wanted) else { return .everything }
        sum = massBefore
        let scores = scores.span
        var near: [TokenID] = []
        for token in scores.indices where bins.number(of: scores[token]) == bin { near.append(token) }
        near.sort { scores[$0] != scores[$1] ? scores[$0] > scores[$1] : $0 < $1 }
        for token in near {
            sum += Double(weights[token])
            if sum >= wanted { return SelectionBorder(score: scores[token], lastToken: token) }
        }
        return near.last.map { SelectionBorder(score: scores[$0], lastToken: $0) } ?? .everything
    }

    private static let fewTokens = 64

    /// All tokens by their weights, the greatest first, the lower token first among equals; those without weight left out.
    ///
    /// - Cost: four passes of a radix sort, whatever the shape of the distribution.
    static func ranked(byWeights weights: borrowing [Float]) -> [TokenID] {
        let weights = weights.span
        // Positive numbers are in the order of their bits; turned over, the greatest comes first.
        var pairs: [UInt64] = []
        pairs.reserveCapacity(weights.count)
        for token in weights.indices where weights[token] > 0 {
            pairs.append(UInt64(~weights[token].bitPattern) << 32 | UInt64(UInt32(truncatingIfNeeded: token)))
        }
        var other = [UInt64](repeating: 0, count: pairs.count)
        for shift: UInt64 in [32, 40, 48, 56] {
            var starts = [Int](repeating: 0, count: 257)
            for pair in pairs { starts[Int(pair >> shift & 0xFF) + 1] += 1 }
            for digit in 0..<256 { starts[digit + 1] += starts[digit] }
            for pair in pairs {
                let digit = Int(pair >> shift & 0xFF)
                other[starts[digit]] = pair
                starts[digit] += 1
            }
            swap(&pairs, &other)
        }
        return pairs.map { TokenID($0 & 0xFFFF_FFFF) }
    }

    /// Removes every token beyond a border by the logits themselves.
    static func keep(_ border: SelectionBorder, ties: TieRule, in logits: inout [Float]) {
        guard ties == .keepLowest else { return removeBelow(border.score, in: &logits) }
        var logits = logits.mutableSpan
        for token in 0..<logits.count {
            let logit = logits[token]
            if logit < border.score || (logit == border.score && token > border.lastToken) { logits[token] = -.infinity }
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
        var logits = logits.mutableSpan
        // Without a branch, so that it runs several lanes at a time.
        for token in 0..<logits.count { logits[token] = logits[token] < bound ? -.infinity : logits[token] }
    }
}

/// The end of a run of tokens from the best score down; of tokens with its very score the lower ones are inside.
struct SelectionBorder {
    static let everything = SelectionBorder(score: -.infinity, lastToken: .max)

    let score: Float
    let lastToken: TokenID
}

/// The weights of all tokens, summed up by how far each is from the best score.
private struct SelectionBins {
    private static let count = 2048
    /// A bin's width is a part of e; what is farther than all of them has next to no weight.
    private static let perUnit: Float = 64

    private let best: Float
    private var sums = [Double](repeating: 0, count: SelectionBins.count)

    init(best: Float) { self.best = best }

    @inline(__always)
    func number(of score: Float) -> Int {
        let distance = (best - score) * SelectionBins.perUnit
        // What overflowed on the way here, as extreme parameters can make it, is in the last bin too.
        return distance < Float(SelectionBins.count - 1) ? Int(distance) : SelectionBins.count - 1
    }

    mutating func add(_ scores: borrowing [Float], weights: borrowing [Float]) {
        let scores = scores.span, weights = weights.span
        let bins = self
        var sums = sums.mutableSpan
        for token in scores.indices { sums[bins.number(of: scores[token])] += Double(weights[token]) }
    }

    /// The bin in which the sum from the best down reaches so much, and the sum before it.
    func bin(reaching wanted: Double) -> (number: Int, before: Double)? {
        var before = 0.0
        for (number, sum) in sums.enumerated() {
            if before + sum >= wanted { return (number, before) }
            before += sum
        }
        return nil
    }
}

/// What becomes of tokens that are exactly as likely as the last one kept.
enum TieRule: Sendable {
    /// They stay.
    case keepAll
    /// The lower token numbers stay, so that the count is exact.
    case keepLowest
}
