import HostCore

/// How often each token occurs among the last tokens of prompt and text.
struct TokenWindow {
    /// 0 forgets nothing.
    private let range: Int
    private(set) var counts: [TokenID: Int] = [:]
    /// The tokens inside, as a ring once it is full; unused without a range.
    private var ring: [TokenID] = []
    private var oldest = 0

    init(range: Int) {
        self.range = range
    }

    mutating func append(_ tokens: [TokenID]) {
        for token in range > 0 ? tokens.suffix(range) : tokens[...] { append(token) }
    }

    mutating func append(_ token: TokenID) {
        counts[token, default: 0] += 1
        guard range > 0 else { return }
        guard ring.count == range else {
            ring.append(token)
            return
        }
        let leaving = ring[oldest]
        ring[oldest] = token
        oldest = (oldest + 1) % range
        if let count = counts[leaving] { counts[leaving] = count > 1 ? count - 1 : nil }
    }
}
