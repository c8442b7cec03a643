import HostCore

/// Renders the `logprobs` of `/v1/completions`; keeps count of the text, so that chunks continue each other's offsets.
struct CompletionLogprobs {
    let tokenizer: any Tokenizer
    /// Whether `content` has the same in the form of chats.
    let isDetailed: Bool
    private var startedCharacters = 0

    init(tokenizer: any Tokenizer, isDetailed: Bool) { (self.tokenizer, self.isDetailed) = (tokenizer, isDetailed) }

    /// `tokens`, `token_logprobs`, `top_logprobs`, `text_offset` (code points), and beside them by number
    /// `top_logprobs_ids` and `token_ids`.
    mutating func outline(_ delta: AnswerDelta) -> JSONOutline {
        let offsets = delta.logprobs.map { offset(of: $0.token) }
        let tokenizer = tokenizer
        func array(_ element: @escaping @Sendable (TokenLogprobs) -> JSONValue) -> JSONOutline {
            .elements(delta.logprobs.count) { element(delta.logprobs[$0]) }
        }
        return .object(
            [
                ("tokens", array { .string(tokenizer.shownText(of: $0.token)) }),
                ("token_logprobs", array { $0.logprob.map(JSONValue.float32) ?? .null }),
                ("top_logprobs", array { Self.top($0) { tokenizer.shownText(of: $0) } }),
                ("text_offset", .elements(offsets.count) { .integer(offsets[$0]) }),
                ("top_logprobs_ids", array { Self.top($0) { String($0) } }),
                ("token_ids", array { .integer($0.token) }),
            ] + (isDetailed ? [("content", array { $0.chatValue(tokenizer) })] : []))
    }

    /// Tokens with the same text share a key; the likelier one, which comes first, keeps it.
    private static func top(_ entry: TokenLogprobs, _ key: (TokenID) -> String) -> JSONValue {
        guard entry.logprob != nil else { return .null }
        var object = JSONObject()
        for alternative in entry.alternatives {
            let key = key(alternative.token)
            if object[key] == nil { object[key] = .float32(alternative.logprob) }
        }
        return .object(object)
    }

    /// A token that begins inside a character counts as beginning where the character does.
    private mutating func offset(of token: TokenID) -> Int {
        let bytes = tokenizer.isSpecial(token) ? [] : tokenizer.bytes(of: token)
        let isInside = bytes.first.map { $0 & 0xC0 == 0x80 } ?? false
        let offset = isInside ? max(0, startedCharacters - 1) : startedCharacters
        startedCharacters += bytes.count { $0 & 0xC0 != 0x80 }
        return offset
    }
}

extension Tokenizer {
    /// A token's text for people and programs; where it is not a whole text, its bytes as `bytes:\xe4\xbd`.
    func shownText(of token: TokenID) -> String {
        let bytes = bytes(of: token)
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        return "bytes:" + bytes.map { "\\x" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
