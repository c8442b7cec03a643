package import HostCore

/// The tokenizer of the World models: at each place the longest token that matches, on bytes, without any rules.
///
/// Number 0 ends a text and has no bytes, unless the file lists it; it is then a control token with a spelling.
///
/// - Cost: linear in the text; the longest token of the published vocabulary has 128 bytes.
/// - Source: BlinkDL/ChatRWKV `tokenizer/rwkv_tokenizer.py`, class `TRIE_TOKENIZER`.
package struct WorldTokenizer: Tokenizer {
    private let pieces: PieceTable
    private let trie: ByteTrie
    private let endOfText: [UInt8]

    /// Reads the lines of `rwkv_vocab_v20230424.txt` or of a file in its form.
    package init(vocabulary bytes: [UInt8], name: String) throws(LoadError) {
        try self.init(WorldVocabularyFile.entries(ofText: bytes, name: name), name: name)
    }

    /// Reads the `vocab.txt` of a Hugging Face folder.
    package init(literals bytes: [UInt8], name: String) throws(LoadError) {
        try self.init(WorldVocabularyFile.entries(ofLiterals: bytes, name: name), name: name)
    }

    /// Reads a JSON object from token numbers to strings or arrays of byte values.
    package init(json: JSONValue, name: String) throws(LoadError) {
        try self.init(WorldVocabularyFile.entries(of: json, name: name), name: name)
    }

    /// Reads a `tokenizer.json` whose model is of type `RwkvTrie`.
    package init(trie json: JSONValue, name: String) throws(LoadError) {
        try self.init(RwkvTrieFile.entries(of: json, name: name), name: name)
    }

    /// Takes the tokens themselves, by number; the first is the end of text.
    package init(tokens: [[UInt8]], name: String) throws(LoadError) {
        try self.init(WorldVocabularyFile.entries(of: tokens, name: name), name: name)
    }

    private init(_ entries: [(id: Int, bytes: [UInt8])], name: String) throws(LoadError) {
        endOfText = entries.first?.id == 0 ? entries[0].bytes : []
        let tokens = entries.drop { $0.id == 0 }
        guard tokens.first?.id == 1 else {
            throw LoadError(.corrupt, name, "the vocabulary does not begin with token 1")
        }
        var pieces = PieceTable()
        pieces.append(endOfText)
        var owners = [[UInt8]: Int](minimumCapacity: tokens.count)
        for token in tokens {
            if let owner = owners.updateValue(token.id, forKey: token.bytes) {
                throw LoadError(.corrupt, name, "tokens \(owner) and \(token.id) are the same text")
            }
            pieces.append(token.bytes)
        }
        for byte in UInt8.min...UInt8.max where owners[[byte]] == nil {
            throw LoadError(
                .corrupt, name, "no token for the single byte \(byte), so not every text could be encoded",
                advice: "Copy or download the file again; it may be cut off.")
        }
        self.pieces = pieces
        trie = ByteTrie(tokens.lazy.map { (bytes: $0.bytes[...], value: Int32($0.id)) })
    }

    package var kind: String { "World" }

    package var vocabularySize: Int { pieces.count }

    package func encode(_ text: String, parsesSpecialTokens: Bool) -> [TokenID] {
        encode(bytes: Array(text.utf8), parsesSpecialTokens: parsesSpecialTokens)
    }

    /// The tokens of any bytes, including those that are not UTF-8.
    package func encode(bytes: [UInt8], parsesSpecialTokens: Bool = false) -> [TokenID] {
        let text = bytes.span
        var tokens: [TokenID] = []
        tokens.reserveCapacity(bytes.count / 4)
        var position = 0
        while position < text.count {
            if parsesSpecialTokens, matchesEndOfText(text, at: position) {
                tokens.append(0)
                position += endOfText.count
                continue
            }
            guard let match = trie.longestMatch(in: text, at: position) else { break }
            tokens.append(Int(match.value))
            position = match.end
        }
        return tokens
    }

    private func matchesEndOfText(_ text: Span<UInt8>, at position: Int) -> Bool {
        guard !endOfText.isEmpty, endOfText.count <= text.count - position else { return false }
        return endOfText.indices.allSatisfy { text[position + $0] == endOfText[$0] }
    }

    package func bytes(of token: TokenID) -> [UInt8] { Array(pieces[token]) }

    package func isSpecial(_ token: TokenID) -> Bool { token == 0 }

    /// The token's text; what is not UTF-8 is written as Python writes bytes, such as `b'\xe4\xbd'`.
    package func piece(of token: TokenID) -> String? {
        let bytes = pieces[token]
        guard !bytes.isEmpty else { return nil }
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        let digits = bytes.map { byte in
            if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\\") { return "\\\(Unicode.Scalar(byte))" }
            if (0x20...0x7E).contains(byte) { return String(Unicode.Scalar(byte)) }
            let hex = String(byte, radix: 16)
            return "\\x" + String(repeating: "0", count: 2 - hex.count) + hex
        }
        return "b'\(digits.joined())'"
    }
}
