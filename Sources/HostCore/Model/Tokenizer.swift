/// Text to token numbers and back; immutable, shared by all requests.
///
/// Works on bytes, because one token may end in the middle of a character. An implementation must pass this check for
/// every string that its normalisation leaves alone:
///
/// ```swift
/// #expect(tokenizer.encode(text, parsesSpecialTokens: false).flatMap(tokenizer.bytes(of:)) == Array(text.utf8))
/// ```
public protocol Tokenizer: Sendable {
    /// Such as `byte-level BPE` or `World`.
    var kind: String { get }

    /// One more than the greatest token number.
    var vocabularySize: Int { get }

    /// The tokens of a text.
    ///
    /// - Parameters:
    ///   - text: what is to be read.
    ///   - parsesSpecialTokens: whether special tokens written out in the text, such as `<|endoftext|>`, become
    ///     their numbers. True for prompts that a developer wrote, false for what a user typed into a chat.
    /// - Cost: linear in the text's length.
    func encode(_ text: String, parsesSpecialTokens: Bool) -> [TokenID]

    /// The bytes that a token stands for; empty for numbers without a text.
    func bytes(of token: TokenID) -> [UInt8]

    /// Whether a token is a control token, left out of decoded text by default.
    func isSpecial(_ token: TokenID) -> Bool

    /// A token as the vocabulary file spells it, such as `Ġthe`; nil for numbers without a text.
    func piece(of token: TokenID) -> String?
}

extension Tokenizer {
    /// The bytes of several tokens, special ones left out.
    public func bytes(of tokens: some Sequence<TokenID>) -> [UInt8] {
        tokens.reduce(into: []) { bytes, token in
            if !isSpecial(token) { bytes += self.bytes(of: token) }
        }
    }

    /// The text of several tokens, special ones left out; invalid UTF-8 shows as U+FFFD.
    public func decode(_ tokens: some Sequence<TokenID>) -> String {
        String(decoding: bytes(of: tokens), as: UTF8.self)
    }
}
