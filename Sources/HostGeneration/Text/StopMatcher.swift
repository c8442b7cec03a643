/// Finds stop strings in text that arrives in pieces, and holds back what may still become one.
///
/// The earliest match in the text wins, the order of the list among matches at one place; what is let go does not
/// depend on where the pieces end. Texts compare byte for byte.
/// - Cost: for each piece, its length and what is held times the number of stop strings.
package struct StopMatcher {
    private let stops: [(text: String, bytes: [UInt8])]
    private var held: [UInt8] = []

    /// - Parameter stops: empty ones are ignored.
    package init(_ stops: [String]) {
        self.stops = stops.filter { !$0.isEmpty }.map { ($0, Array($0.utf8)) }
    }

    /// Takes a piece; gives the text that is certain to come before any stop string, and the match if there is one.
    package mutating func append(_ piece: String) -> (text: String, match: String?) {
        if stops.isEmpty { return (piece, nil) }
        held += piece.utf8
        let found = earliestMatch()
        let opening = earliestOpening(before: found?.start ?? held.count)
        if let opening { return (release(opening), nil) }
        guard let found else { return (release(held.count), nil) }
        return (finish(at: found.start), found.stop)
    }

    /// Ends the text: gives what was held, up to a stop string that a longer one had kept open.
    package mutating func flush() -> (text: String, match: String?) {
        guard let found = earliestMatch() else { return (finish(at: held.count), nil) }
        return (finish(at: found.start), found.stop)
    }

    private mutating func finish(at end: Int) -> String {
        defer { held = [] }
        return release(end)
    }

    private mutating func release(_ count: Int) -> String {
        let text = String(decoding: held[..<count], as: UTF8.self)
        held.removeFirst(count)
        return text
    }

    private func earliestMatch() -> (start: Int, stop: String)? {
        for start in held.indices {
            let rest = held[start...]
            if let stop = stops.first(where: { rest.starts(with: $0.bytes) }) { return (start, stop.text) }
        }
        return nil
    }

    /// The first place from which the held text is a proper beginning of a stop string.
    private func earliestOpening(before end: Int) -> Int? {
        (0..<end).first { start in
            let rest = held[start...]
            return stops.contains { $0.bytes.count > rest.count && $0.bytes.starts(with: rest) }
        }
    }
}
