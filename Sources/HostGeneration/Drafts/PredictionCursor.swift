import HostCore

/// Where an answer is in what its client believes it to be.
struct PredictionCursor {
    private let index: RepeatIndex
    /// The place from which the answer goes on, and how many tokens before it were right; nil where it went another way.
    private var place: RepeatIndex.Match?

    /// What speaks for the beginning of a prediction: as much as this many tokens that were right.
    private static let trust = 6

    init(_ prediction: [TokenID]) {
        index = RepeatIndex(prediction)
        place = RepeatIndex.Match(next: 0, length: Self.trust)
    }

    func guess(_ count: Int) -> Drafter.Guess {
        guard let place else { return Drafter.Guess() }
        let tokens = index.tokens(from: place.next, count: min(count, index.tokens.count - place.next))
        return Drafter.Guess(tokens: tokens, levels: tokens.indices.map { Confidence.level(after: place.length + $0) })
    }

    /// - Parameter text: all of the text, this token included.
    mutating func advance(by token: TokenID, text: [Int32]) {
        if let place, place.next < index.tokens.count, index.tokens[place.next] == token {
            self.place = RepeatIndex.Match(next: place.next + 1, length: place.length + 1)
        } else {
            place = index.match(of: text, before: index.tokens.count)
        }
    }
}
