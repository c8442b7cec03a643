/// One token for each byte of UTF-8; for models without a vocabulary of their own.
public struct UTF8Tokenizer: Tokenizer {
    public init() {}

    public var kind: String { "bytes" }
    public var vocabularySize: Int { 256 }

    public func encode(_ text: String, parsesSpecialTokens: Bool) -> [TokenID] { text.utf8.map { TokenID($0) } }

    public func bytes(of token: TokenID) -> [UInt8] { UInt8(exactly: token).map { [$0] } ?? [] }

    public func isSpecial(_ token: TokenID) -> Bool { false }

    public func piece(of token: TokenID) -> String? {
        UInt8(exactly: token).map { String(decoding: [$0], as: UTF8.self) }
    }
}
