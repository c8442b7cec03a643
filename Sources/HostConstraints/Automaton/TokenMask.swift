import HostCore

/// Which tokens of a vocabulary may come next, a bit for each.
struct TokenMask: Sendable {
    /// The bit of token `t` is bit `t % 64` of word `t / 64`.
    var words: [UInt64]
    let vocabularySize: Int

    init(vocabularySize: Int) {
        self.vocabularySize = vocabularySize
        // One bit more than there are tokens, for a walk to set where there is none.
        words = [UInt64](repeating: 0, count: vocabularySize / 64 + 1)
    }

    var byteCount: Int { words.count * 8 }

    mutating func insert(_ token: Int) { words[token >> 6] |= 1 << UInt64(token & 63) }

    func contains(_ token: TokenID) -> Bool {
        token >= 0 && token < vocabularySize && words[token >> 6] >> UInt64(token & 63) & 1 != 0
    }

    mutating func formUnion(_ other: TokenMask) {
        for index in words.indices { words[index] |= other.words[index] }
    }

    /// Removes every token that is not in the mask.
    ///
    /// - Shapes: `logits` [vocabulary].
    func apply(to logits: inout [Float]) {
        let words = words.span
        var logits = logits.mutableSpan
        for number in words.indices {
            let word = words[number]
            if word == ~0 { continue }
            let first = number * 64
            let last = min(first + 64, logits.count)
            guard first < last else { break }
            if word == 0 {
                for token in first..<last { logits[token] = -.infinity }
            } else {
                for token in first..<last where word >> UInt64(token - first) & 1 == 0 { logits[token] = -.infinity }
            }
        }
    }
}

/// The masks of an automaton's states, the least recently used ones forgotten beyond a bound.
///
/// Two generations stand in for exact ages: when the young one is full it becomes the old one, and what is still used
/// moves over.
struct MaskCache: Sendable {
    private var young: [GrammarAutomaton.State: TokenMask] = [:]
    private var old: [GrammarAutomaton.State: TokenMask] = [:]
    private var youngBytes = 0
    private let capacity: Int

    init(capacity: Int = ConstraintLimits.maskBytes) {
        self.capacity = capacity
    }

    var count: Int { young.count + old.count }

    mutating func mask(of state: GrammarAutomaton.State) -> TokenMask? {
        if let mask = young[state] { return mask }
        guard let mask = old.removeValue(forKey: state) else { return nil }
        insert(mask, of: state)
        return mask
    }

    mutating func insert(_ mask: TokenMask, of state: GrammarAutomaton.State) {
        guard young[state] == nil else { return }
        if youngBytes + mask.byteCount > capacity / 2 {
            old = young
            young = [:]
            youngBytes = 0
        }
        young[state] = mask
        youngBytes += mask.byteCount
    }
}
