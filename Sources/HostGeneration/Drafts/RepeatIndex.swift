import HostCore

/// Where a text has been before: finds the places whose last tokens are those of another text, longest match first.
///
/// An index over pairs of neighbouring tokens that grows with the text. Token numbers are kept in 32 bits; greater ones
/// stand for nothing that could be found.
struct RepeatIndex {
    /// What a token takes at most, its tables included.
    static let bytesPerToken = 16

    /// A place in the text that is like the end of another.
    struct Match: Equatable {
        /// What would come next is here.
        var next: Int
        /// How many tokens before it are the same.
        var length: Int
    }

    private(set) var tokens: [Int32] = []
    /// For each token the last one before it that ends a pair of the same bucket; −1 where there is none.
    private var previous: [Int32] = []
    /// The last token of each bucket; as many buckets as there is room for tokens.
    private var last: [Int32] = []

    /// Matches are looked at up to this length, and this many places.
    private static let longest = 32, places = 32
    private static let fewestBuckets = 64

    init(_ tokens: [TokenID] = []) {
        reserve(tokens.count)
        for token in tokens { append(token) }
    }

    mutating func append(_ token: TokenID) {
        if tokens.count == last.count { reserve(2 * tokens.count) }
        tokens.append(Int32(exactly: token) ?? -1)
        previous.append(-1)
        enter(tokens.count - 1)
    }

    private mutating func reserve(_ count: Int) {
        var buckets = Self.fewestBuckets
        while buckets < count { buckets *= 2 }
        last = [Int32](repeating: -1, count: buckets)
        for position in tokens.indices { enter(position) }
    }

    private mutating func enter(_ position: Int) {
        guard position > 0 else { return }
        let bucket = bucket(tokens[position - 1], tokens[position])
        previous[position] = last[bucket]
        last[bucket] = Int32(position)
    }

    private func bucket(_ first: Int32, _ second: Int32) -> Int {
        let pair = UInt64(UInt32(bitPattern: first)) << 32 | UInt64(UInt32(bitPattern: second))
        let mixed = pair &* 0x9E37_79B9_7F4A_7C15
        return Int(mixed >> 32) & (last.count - 1)
    }

    /// The place whose tokens before it are like the last ones of `text`, two of them at least: the longest match, among
    /// equals the last.
    ///
    /// - Parameter end: tokens from here on are not looked at; something must follow a match before it.
    func match(of text: [Int32], before end: Int) -> Match? {
        guard text.count > 1, !last.isEmpty else { return nil }
        var best: Match?
        var position = Int(last[bucket(text[text.count - 2], text[text.count - 1])])
        for _ in 0..<Self.places where position >= 0 {
            if position + 1 < end {
                let length = matchLength(endingAt: position, with: text)
                if length > max(best?.length ?? 0, 1) { best = Match(next: position + 1, length: length) }
                if length == Self.longest { break }
            }
            position = Int(previous[position])
        }
        return best
    }

    /// What comes next where the text has been before.
    func match() -> Match? { match(of: tokens, before: tokens.count) }

    private func matchLength(endingAt position: Int, with text: [Int32]) -> Int {
        var length = 0
        while length < Self.longest, length <= position, length < text.count,
            tokens[position - length] == text[text.count - 1 - length]
        { length += 1 }
        return length
    }

    /// At most this many tokens from a place on; what reaches the end of the text goes on with its own beginning, as a text
    /// does that repeats itself.
    func tokens(from start: Int, count: Int) -> [TokenID] {
        var result: [TokenID] = []
        while result.count < count {
            let position = start + result.count
            let token = position < tokens.count ? TokenID(tokens[position]) : result[position - tokens.count]
            guard token >= 0 else { break }
            result.append(token)
        }
        return result
    }
}
