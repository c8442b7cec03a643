/// Cuts a text into words as GPT-2's pattern does, in one pass without a regular expression engine.
///
/// The pattern is `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`, tried from left to right
/// at each place; the end of the given range counts as the end of the text.
///
/// - Source: openai/gpt-2 `src/encoder.py`; white space as the Unicode property White_Space.
enum WordSplitter {
    private enum Class { case letter, number, space, other }

    /// The end of the word that begins at `start`.
    ///
    /// - Parameter text: valid UTF-8, of which only `start ..< end` counts.
    static func endOfWord(in text: Span<UInt8>, from start: Int, to end: Int) -> Int {
        if let length = contractionLength(in: text, at: start, to: end) { return start + length }
        var (kind, next) = classify(text, start)
        if kind == .space {
            let runEnd = endOfRun(of: .space, in: text, from: next, to: end)
            if runEnd == end { return end }
            // A run of white space before a word leaves its last character to that word, where it counts only if it is
            // a plain space.
            if runEnd > next { return text.startOfCharacter(before: runEnd) }
            guard text[start] == 0x20 else { return runEnd }
            (kind, next) = classify(text, next)
        }
        return endOfRun(of: kind, in: text, from: next, to: end)
    }

    private static func contractionLength(in text: Span<UInt8>, at start: Int, to end: Int) -> Int? {
        guard text[start] == UInt8(ascii: "'"), start + 1 < end else { return nil }
        switch text[start + 1] {
        case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"): return 2
        case UInt8(ascii: "r"), UInt8(ascii: "v"):
            return start + 2 < end && text[start + 2] == UInt8(ascii: "e") ? 3 : nil
        case UInt8(ascii: "l"):
            return start + 2 < end && text[start + 2] == UInt8(ascii: "l") ? 3 : nil
        default: return nil
        }
    }

    private static func endOfRun(of kind: Class, in text: Span<UInt8>, from start: Int, to end: Int) -> Int {
        var position = start
        while position < end {
            let character = classify(text, position)
            guard character.kind == kind else { break }
            position = character.end
        }
        return position
    }

    private static func classify(_ text: Span<UInt8>, _ start: Int) -> (kind: Class, end: Int) {
        let lead = text[start]
        switch lead {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"):
            return (.letter, start + 1)
        case UInt8(ascii: "0")...UInt8(ascii: "9"): return (.number, start + 1)
        case 0x20, 0x09...0x0D: return (.space, start + 1)
        case 0..<0x80: return (.other, start + 1)
        default:
            let character = text.character(at: start)
            return (classify(character.code), character.end)
        }
    }

    private static func classify(_ code: UInt32) -> Class {
        switch code {
        // The great blocks of letters, so that the property tables are asked only for the rest.
        case 0x3041...0x3096, 0x30A1...0x30FA, 0x4E00...0x9FFF, 0xAC00...0xD7A3, 0x410...0x44F: return .letter
        default: break
        }
        guard let properties = Unicode.Scalar(code)?.properties else { return .other }
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: return .letter
        case .decimalNumber, .letterNumber, .otherNumber: return .number
        default: return properties.isWhitespace ? .space : .other
        }
    }
}
