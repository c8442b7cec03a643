/// A token that is cut out of a text before anything else happens to it.
struct AddedToken: Sendable {
    let id: Int
    let content: String
    /// Whether it is a control token.
    let isSpecial: Bool
    /// Whether it is looked for in the normalised text, not in the text as given.
    let isNormalized: Bool
    /// Whether white space before and after it belongs to it.
    let stripsLeft: Bool
    let stripsRight: Bool
    /// Whether it counts only between characters that are not part of a word.
    let isSingleWord: Bool
}

/// Finds added tokens in a text, leftmost first and the longest of those.
struct AddedTokenMatcher: Sendable {
    private let tokens: [AddedToken]
    private let trie: ByteTrie

    /// - Parameter spelling: what a token is looked for as.
    init(_ tokens: [AddedToken], spelling: (AddedToken) -> [UInt8]) {
        self.tokens = tokens
        trie = ByteTrie(tokens.enumerated().map { (bytes: spelling($1)[...], value: Int32($0)) })
    }

    /// Hands on the stretches between the tokens and the tokens themselves, in order, each stretch at least a byte long.
    ///
    /// - Source: huggingface/tokenizers `tokenizers/src/tokenizer/added_vocabulary.rs`, `find_matches`.
    func split(
        _ text: Span<UInt8>, skipsSpecialTokens: Bool, stretch: (Range<Int>) -> Void, token: (Int) -> Void
    ) {
        var position = 0
        var done = 0
        while position < text.count {
            guard !tokens.isEmpty, let match = trie.longestMatch(in: text, at: position) else {
                position += 1
                continue
            }
            let found = tokens[Int(match.value)]
            var bounds = position..<match.end
            position = match.end
            if skipsSpecialTokens && found.isSpecial { continue }
            if found.isSingleWord, WordCharacters.touches(bounds, in: text) { continue }
            if found.stripsLeft {
                let start = WordCharacters.startOfSpace(endingAt: bounds.lowerBound, notBefore: done, in: text)
                bounds = start..<bounds.upperBound
            }
            // A token inside white space that an earlier one has taken would only find the same end again.
            if found.stripsRight, bounds.upperBound >= done {
                bounds = bounds.lowerBound..<WordCharacters.endOfSpace(from: bounds.upperBound, in: text)
            }
            if done < bounds.lowerBound { stretch(done..<bounds.lowerBound) }
            token(found.id)
            done = max(done, bounds.upperBound)
        }
        if done < text.count { stretch(done..<text.count) }
    }
}

/// What stands beside an added token.
private enum WordCharacters {
    static func touches(_ bounds: Range<Int>, in text: Span<UInt8>) -> Bool {
        if let before = scalar(endingAt: bounds.lowerBound, in: text), isWord(before.scalar) { return true }
        if let after = scalar(from: bounds.upperBound, in: text), isWord(after.scalar) { return true }
        return false
    }

    static func startOfSpace(endingAt end: Int, notBefore limit: Int, in text: Span<UInt8>) -> Int {
        var start = end
        while start > limit, let before = scalar(endingAt: start, in: text), before.scalar.properties.isWhitespace {
            start = before.start
        }
        return start
    }

    static func endOfSpace(from start: Int, in text: Span<UInt8>) -> Int {
        var end = start
        while let after = scalar(from: end, in: text), after.scalar.properties.isWhitespace { end = after.end }
        return end
    }

    /// A character of `\w`, as Unicode Technical Standard #18, annex C, has it.
    private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.properties.isAlphabetic || scalar.properties.isJoinControl { return true }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation: return true
        default: return false
        }
    }

    private static func scalar(endingAt end: Int, in text: Span<UInt8>) -> (scalar: Unicode.Scalar, start: Int)? {
        guard end > 0 else { return nil }
        let start = text.startOfCharacter(before: end)
        return scalar(from: start, in: text).map { ($0.scalar, start) }
    }

    private static func scalar(from start: Int, in text: Span<UInt8>) -> (scalar: Unicode.Scalar, end: Int)? {
        guard start < text.count else { return nil }
        let character = text.character(at: start)
        return Unicode.Scalar(character.code).map { ($0, character.end) }
    }
}
