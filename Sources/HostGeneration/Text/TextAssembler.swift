import HostCore

/// Turns chosen tokens into text that can be shown: whole characters, no stop strings, no control tokens.
struct TextAssembler {
    private let tokenizer: any Tokenizer
    private let skipsSpecialTokens: Bool
    private var characters = UTF8Assembler()
    private var stops: StopMatcher

    init(tokenizer: any Tokenizer, stopStrings: [String], skipsSpecialTokens: Bool) {
        self.tokenizer = tokenizer
        self.skipsSpecialTokens = skipsSpecialTokens
        stops = StopMatcher(stopStrings)
    }

    /// The text that a token lets go, and the stop string that it completes.
    mutating func append(_ token: TokenID) -> (text: String, stop: String?) {
        let bytes = skipsSpecialTokens && tokenizer.isSpecial(token) ? [] : tokenizer.bytes(of: token)
        let (text, match) = stops.append(characters.append(bytes))
        return (text, match)
    }

    /// What was held back, when no token follows.
    mutating func flush() -> (text: String, stop: String?) {
        let (text, match) = stops.append(characters.flush())
        if let match { return (text, match) }
        let (rest, last) = stops.flush()
        return (text + rest, last)
    }
}
