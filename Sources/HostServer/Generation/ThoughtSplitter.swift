import HostGeneration

/// Parts an answer, as it arrives, into what the model thinks and what it says: a thought stands in `<think>` tags at
/// the very beginning.
///
/// The same comes out wherever the pieces end; white space around the thought belongs to neither.
struct ThoughtSplitter: Sendable {
    private enum Part { case beginning, thought, gap, answer }

    private static let tag = "<think>"
    private var part: Part
    /// What may become the tag, or white space that may be the end of the thought.
    private var held = ""
    private var end = StopMatcher(["</think>"])
    private var hasThought = false

    /// - Parameter isOpen: whether the answer begins within a thought.
    init(isOpen: Bool) {
        part = isOpen ? .thought : .beginning
    }

    mutating func append(_ piece: String) -> (thought: String, answer: String) {
        if part == .answer { return ("", piece) }
        var thought = "", answer = ""
        for scalar in piece.unicodeScalars {
            switch part {
            case .beginning:
                held.unicodeScalars.append(scalar)
                let text = held.drop { $0.isWhitespace }
                if text == ThoughtSplitter.tag {
                    (part, held) = (.thought, "")
                } else if !ThoughtSplitter.tag.hasPrefix(text) {
                    answer += held
                    (part, held) = (.answer, "")
                }
            case .thought:
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

    /// What was held back, when the answer ends.
    mutating func flush() -> (thought: String, answer: String) {
        var thought = ""
        if part == .thought { think(end.flush().text, into: &thought) }
        return (thought, part == .beginning ? held : "")
    }

    /// Adds to the thought all but white space at its beginning and, for now, at its end.
    private mutating func think(_ text: String, into thought: inout String) {
        for scalar in text.unicodeScalars {
            held.unicodeScalars.append(scalar)
            if scalar.properties.isWhitespace { continue }
            thought += hasThought ? held : String(held.drop { $0.isWhitespace })
            (hasThought, held) = (true, "")
        }
    }
}
