package import HostCore

/// Token 0 ends a text, token b + 1 is the byte b; further tokens stand for texts of the test's choice.
package struct ByteTokenizer: Tokenizer {
    package let kind: String
    /// The texts of tokens 257 and up.
    package let words: [String]

    package init(words: [String] = [], kind: String = "bytes") {
        self.kind = kind
        self.words = words
    }

    package var vocabularySize: Int { 257 + words.count }

    /// Never uses the words, so that a text has one spelling.
    package func encode(_ text: String, parsesSpecialTokens: Bool) -> [TokenID] {
        text.utf8.map { TokenID($0) + 1 }
    }

    package func bytes(of token: TokenID) -> [UInt8] {
        switch token {
        case 1...256: [UInt8(token - 1)]
        case 257..<vocabularySize: Array(words[token - 257].utf8)
        default: []
        }
    }

    package func isSpecial(_ token: TokenID) -> Bool { token == 0 }

    package func piece(of token: TokenID) -> String? {
        token == 0 ? "<|endoftext|>" : String(decoding: bytes(of: token), as: UTF8.self)
    }
}
