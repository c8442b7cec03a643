package import HostCore

/// Byte-level byte pair encoding as Hugging Face's `tokenizer.json` describes it, with the same token numbers.
///
/// A byte that the vocabulary has no token for becomes the unknown token, or is left out where there is none; with the
/// vocabularies of RWKV models that happens to no text.
///
/// - Cost: linear in the text, but n log n in the length of a single word.
/// - Source: huggingface/tokenizers, `ByteLevel` and `BPE`.
package struct BytePairTokenizer: Tokenizer {
    private let composes: Bool
    private let addsPrefixSpace: Bool
    private let splitsWords: Bool
    private let unknownToken: Int32?
    private let fusesUnknown: Bool
    /// Tokens that are looked for in the text as given, and those looked for after normalisation.
    private let givenTokens: AddedTokenMatcher
    private let normalizedTokens: AddedTokenMatcher
    private let merges: MergeTable
    /// The token of each single byte, or -1.
    private let byteTokens: [Int32]
    /// Tokens by their bytes, only where words are taken whole.
    private let wholeWords: [ArraySlice<UInt8>: Int32]
    private let spellings: [String?]
    private let pieces: PieceTable
    private let specialTokens: Set<TokenID>

    /// - Parameters:
    ///   - json: the content of a `tokenizer.json`.
    ///   - name: what errors call the file.
    /// - Throws: `LoadError` that names the field which is wrong, or which asks for something that is not supported.
    package init(json: JSONValue, name: String) throws(LoadError) {
        let definition = try BytePairDefinition(json: json, name: name)
        composes = definition.composes
        addsPrefixSpace = definition.addsPrefixSpace
        splitsWords = definition.splitsWords
        unknownToken = definition.unknownToken
        fusesUnknown = definition.fusesUnknown
        merges = definition.merges
        spellings = definition.pieces
        specialTokens = Set(definition.addedTokens.lazy.filter(\.isSpecial).map(\.id))
        givenTokens = AddedTokenMatcher(definition.addedTokens.filter { !$0.isNormalized }) { Array($0.content.utf8) }
        let composes = definition.composes
        normalizedTokens = AddedTokenMatcher(definition.addedTokens.filter(\.isNormalized)) { token in
            let bytes = Array(token.content.utf8)
            return composes ? CanonicalComposition.normalise(bytes.span) ?? bytes : bytes
        }
        byteTokens = ByteAlphabet.scalars.map { definition.numbers[Array(String($0).utf8)] ?? -1 }

        // An added token stands for its own text, whatever its characters would mean in the byte alphabet.
        let addedNumbers = Set(definition.addedTokens.map(\.id))
        var pieces = PieceTable()
        for (id, piece) in definition.pieces.enumerated() {
            let text = piece ?? ""
            let spelled = addedNumbers.contains(id) ? nil : ByteAlphabet.bytes(spelledBy: text)
            pieces.append(spelled ?? Array(text.utf8))
        }
        self.pieces = pieces
        var wholeWords: [ArraySlice<UInt8>: Int32] = [:]
        if definition.ignoresMerges {
            for (piece, id) in definition.numbers {
                let text = String(decoding: piece, as: UTF8.self)
                if let bytes = ByteAlphabet.bytes(spelledBy: text) { wholeWords[bytes[...]] = id }
            }
        }
        self.wholeWords = wholeWords
    }

    package var kind: String { "byte-level BPE" }

    package var vocabularySize: Int { spellings.count }

    package func encode(_ text: String, parsesSpecialTokens: Bool) -> [TokenID] {
        let bytes = Array(text.utf8)
        var tokens: [TokenID] = []
        tokens.reserveCapacity(bytes.count / 4)
        var merger = BytePairMerger(merges: merges)
        givenTokens.split(
            bytes.span, skipsSpecialTokens: !parsesSpecialTokens,
            stretch: { range in
                let given = range.count == bytes.count ? bytes : Array(bytes[range])
                let stretch = composes ? CanonicalComposition.normalise(given.span) ?? given : given
                normalizedTokens.split(
                    stretch.span, skipsSpecialTokens: !parsesSpecialTokens,
                    stretch: { encodeWords(of: stretch, in: $0, with: &merger, into: &tokens) },
                    token: { tokens.append($0) })
            },
            token: { tokens.append($0) })
        return tokens
    }

    /// Encodes a stretch of text that holds no added token.
    private func encodeWords(
        of text: [UInt8], in range: Range<Int>, with merger: inout BytePairMerger, into tokens: inout [TokenID]
    ) {
        var text = text
        var range = range
        if addsPrefixSpace, text[range.lowerBound] != 0x20 {
            text = [0x20] + text[range]
            range = 0..<text.count
        }
        var start = range.lowerBound
        while start < range.upperBound {
            let end =
                splitsWords
                ? WordSplitter.endOfWord(in: text.span, from: start, to: range.upperBound) : range.upperBound
            encodeWord(text[start..<end], with: &merger, into: &tokens)
            start = end
        }
    }

    private func encodeWord(
        _ word: ArraySlice<UInt8>, with merger: inout BytePairMerger, into tokens: inout [TokenID]
    ) {
        if !wholeWords.isEmpty, let token = wholeWords[word] {
            tokens.append(Int(token))
            return
        }
        merger.symbols.removeAll(keepingCapacity: true)
        var followsUnknown = false
        for byte in word {
            let token = byteTokens[Int(byte)]
            if token >= 0 {
                merger.symbols.append(token)
                followsUnknown = false
            } else if let unknownToken {
                if !(fusesUnknown && followsUnknown) { merger.symbols.append(unknownToken) }
                followsUnknown = true
            }
        }
        merger.merge()
        for symbol in merger.symbols { tokens.append(Int(symbol)) }
    }

    package func bytes(of token: TokenID) -> [UInt8] { Array(pieces[token]) }

    package func isSpecial(_ token: TokenID) -> Bool { specialTokens.contains(token) }

    package func piece(of token: TokenID) -> String? {
        spellings.indices.contains(token) ? spellings[token] : nil
    }
}
