/// Finds stop strings in text that arrives in pieces, and holds back what may still become one.
///
/// The earliest match in the text wins, the shortest among matches at one place; nothing depends on where the pieces
/// end. Texts compare byte for byte.
/// - Cost: for each byte, the number of stop strings, however long they and the held text are.
/// - Source: D. E. Knuth, J. H. Morris, V. R. Pratt, "Fast pattern matching in strings", 1977.
package struct StopMatcher {
    private var stops: [Stop]
    private var held: [UInt8] = []
    /// The match so far, as long as a stop string that began before it may still come true.
    private var best: (start: Int, text: String)?

    /// - Parameter stops: empty ones are ignored.
    package init(_ stops: [String]) {
        self.stops = stops.filter { !$0.isEmpty }.map(Stop.init)
    }

    /// Takes a piece; gives the text that is certain to come before any stop string, and the match if there is one.
    package mutating func append(_ piece: String) -> (text: String, match: String?) {
        if stops.isEmpty { return (piece, nil) }
        for byte in piece.utf8 {
            held.append(byte)
            for index in stops.indices where stops[index].advance(byte) {
                let start = held.count - stops[index].bytes.count
                if start < best?.start ?? Int.max { best = (start, stops[index].text) }
            }
            if let best, earliestOpening >= best.start { return (finish(at: best.start), best.text) }
        }
        return (release(min(earliestOpening, best?.start ?? Int.max)), nil)
    }

    /// Ends the text: gives what was held, up to a stop string that a longer one had kept open.
    package mutating func flush() -> (text: String, match: String?) {
        (finish(at: best?.start ?? held.count), best?.text)
    }

    /// Where the first stop string that may still come true begins.
    private var earliestOpening: Int { held.count - (stops.map(\.matched).max() ?? 0) }

    private mutating func finish(at end: Int) -> String {
        defer { held = [] }
        return release(end)
    }

    private mutating func release(_ count: Int) -> String {
        let text = String(decoding: held[..<count], as: UTF8.self)
        held.removeFirst(count)
        if let best { self.best = (best.start - count, best.text) }
        return text
    }
}

/// One stop string and how much of it the text so far ends in.
private struct Stop {
    let text: String
    let bytes: [UInt8]
    /// For each length that has matched: the next shorter one that the same text ends in.
    private let shorter: [Int]
    private(set) var matched = 0

    init(_ text: String) {
        self.text = text
        bytes = Array(text.utf8)
        var shorter = [Int](repeating: 0, count: bytes.count + 1)
        var length = 0
        for position in bytes.indices.dropFirst() {
            while length > 0, bytes[length] != bytes[position] { length = shorter[length] }
            if bytes[length] == bytes[position] { length += 1 }
            shorter[position + 1] = length
        }
        self.shorter = shorter
    }

    /// Whether the text ends in the whole string now.
    mutating func advance(_ byte: UInt8) -> Bool {
        while matched > 0, bytes[matched] != byte { matched = shorter[matched] }
        if bytes[matched] == byte { matched += 1 }
        guard matched == bytes.count else { return false }
        matched = shorter[matched]
        return true
    }
}
