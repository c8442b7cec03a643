import HostCore

/// Parts an answer, as it arrives, into what the model thinks and what it says: a thought stands in `<think>` tags at
/// the very beginning.
///
/// The same comes out wherever the pieces end; white space around the thought belongs to neither.
/// - Cost: the same for each scalar, whatever came before it.
package struct ReasoningParser: Sendable {
    package enum Beginning {
        case thought, answer
        /// The prompt left `<think` open: a thought whatever comes next, with or without the end of the tag.
        case openTag
        /// The answer's own first words decide.
        case either
    }
    private enum Part { case beginning, thought, gap, answer }

    private static let tag = Array("<think>".unicodeScalars)
    private var part: Part
    /// White space at the answer's beginning, or what may be the end of the thought.
    private var space = ""
    /// How much of the tag is there, and how much of that the client has already.
    private var matched = 0, known = 0
    private var end = StopMatcher(["</think>"])
    private var hasThought = false
    private let isTagOpen: Bool

    package init(_ beginning: Beginning) {
        part =
            switch beginning {
            case .thought: .thought
            case .answer: .answer
            case .openTag, .either: .beginning
            }
        isTagOpen = beginning == .openTag
    }

    package mutating func append(_ piece: String) -> (thought: String, answer: String) {
        if part == .answer { return ("", piece) }
        var thought = "", answer = ""
        for scalar in piece.unicodeScalars {
            switch part {
            case .beginning where matched == 0 && scalar.properties.isWhitespace:
                space.unicodeScalars.append(scalar)
            case .beginning where scalar == ReasoningParser.tag[matched]:
                matched += 1
                if matched == ReasoningParser.tag.count { (part, space) = (.thought, "") }
            case .beginning where !isTagOpen || matched < ReasoningParser.tag.count - 1:
                answer = undecided
                answer.unicodeScalars.append(scalar)
                part = .answer
            case .beginning, .thought:
                if part == .beginning { (part, space) = (.thought, "") }
                let (text, match) = end.append(String(scalar))
                think(text, into: &thought)
                if match != nil { part = .gap }
            case .gap where scalar.properties.isWhitespace: break
            case .gap, .answer:
                part = .answer
                answer.unicodeScalars.append(scalar)
            }
        }
        return (thought, answer)
    }

    /// Takes the words that the answer goes on from; the client has them, so they do not come out.
    package mutating func resume(after words: String) {
        _ = append(words)
        (space, known) = ("", matched)
    }

    /// What was held back, when the answer ends.
    package mutating func flush() -> (thought: String, answer: String) {
        var thought = ""
        if part == .thought { think(end.flush().text, into: &thought) }
        return (thought, part == .beginning && !isTagOpen ? undecided : "")
    }

    /// What may still come before a thought, or become its tag.
    private var undecided: String {
        var text = space
        text.unicodeScalars.append(contentsOf: ReasoningParser.tag[known..<matched])
        return text
    }

    /// Adds to the thought all but white space at its beginning and, for now, at its end.
    private mutating func think(_ text: String, into thought: inout String) {
        for scalar in text.unicodeScalars {
            if !scalar.properties.isWhitespace {
                thought += space
                thought.unicodeScalars.append(scalar)
                (hasThought, space) = (true, "")
            } else if hasThought {
                space.unicodeScalars.append(scalar)
            }
        }
    }
}
