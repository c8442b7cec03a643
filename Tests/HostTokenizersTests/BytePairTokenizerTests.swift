import Foundation
import HostCore
import HostTokenizers
import Support
import Testing

@Suite("Byte-level BPE")
struct BytePairTokenizerTests {
    static func tiny() throws -> any Tokenizer {
        try TokenizerFile.open(path: Fixture.path("tokenizers/tiny-pairs.json"))
    }

    @Test("Control tokens in a text are text unless asked for")
    func specialTokens() throws {
        let tokenizer = try BytePairTokenizerTests.tiny()
        let text = "a<|endoftext|>b"
        #expect(tokenizer.encode(text, parsesSpecialTokens: true).contains(0))
        let plain = tokenizer.encode(text, parsesSpecialTokens: false)
        #expect(!plain.contains { tokenizer.isSpecial($0) })
        #expect(tokenizer.decode(plain) == text)
        #expect(tokenizer.piece(of: 0) == "<|endoftext|>" && tokenizer.isSpecial(0))
        #expect(tokenizer.bytes(of: 0) == Array("<|endoftext|>".utf8))
        #expect(tokenizer.bytes(of: -1) == [] && tokenizer.bytes(of: 512) == [] && tokenizer.piece(of: 512) == nil)
    }

    @Test(
        "Long texts of one kind come back as they were, in linear time",
        arguments: ["a", " ", "\n", "-", "ab", "你", "e\u{301}", "\u{301}\u{323}", "\u{FFFD}", "\r\n", "'s", "0", " x"])
    func longTexts(_ unit: String) throws {
        let tokenizer = try BytePairTokenizerTests.tiny()
        let text = String(repeating: unit, count: 30_000)
        let decoded = tokenizer.decode(tokenizer.encode(text, parsesSpecialTokens: false))
        // Marks are compared in one order, because Foundation's own ordering would take quadratic time here.
        let marks = String(repeating: "\u{323}", count: 30_000) + String(repeating: "\u{301}", count: 30_000)
        #expect(same(decoded, unit == "\u{301}\u{323}" ? marks : text.precomposedStringWithCanonicalMapping))
    }

    @Test("A long word is merged as the same word in a short one is")
    func longWordsMergeAlike() throws {
        // All letters of one word: the heap's answer against the plain search's, through a vocabulary whose merges
        // cannot cross a border that every 30th letter makes.
        let merges = ["a b", "b a", "ab a", "ba b", "aba aba", "a a", "b b", "aa b", "bb a"]
        var vocab = ["a", "b", "z"]
        for merge in merges { vocab.append(merge.filter { $0 != " " }) }
        let unique = vocab.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        let members = unique.enumerated().map { "\"\($1)\": \($0)" }.joined(separator: ",")
        let list = merges.map { "\"\($0)\"" }.joined(separator: ",")
        let file = RefusalTests.bytePair(vocab: "{\(members)}", merges: "[\(list)]")
        let tokenizer = try TokenizerFile.open(bytes: Array(file.utf8), name: "ab")
        var generator = Xorshift(state: 7)
        for _ in 0..<50 {
            let parts = (0..<20).map { _ in String((0..<29).map { _ in generator.next() % 2 == 0 ? "a" : "b" }) + "z" }
            let together = tokenizer.encode(parts.joined(), parsesSpecialTokens: false)
            #expect(together == parts.flatMap { tokenizer.encode($0, parsesSpecialTokens: false) })
        }
    }

    @Test("Normalised text is left alone, and composition is Foundation's", arguments: [1, 2, 3, 4, 5])
    func composition(_ seed: UInt64) throws {
        let tokenizer = try BytePairTokenizerTests.tiny()
        var generator = Xorshift(state: seed)
        let alphabet: [UInt32] = [
            0x61, 0x65, 0x20, 0xE9, 0x301, 0x323, 0x308, 0x344, 0x1100, 0x1161, 0x11A8, 0xAC00, 0xAC01, 0x212B, 0x2126,
            0x915,
            0x93C, 0x958, 0x4E00, 0x3099, 0x304B, 0xFB1D, 0x1D15E, 0x110BA, 0x1F600, 0x20D0, 0xF900, 0x2000, 0x37E,
            0xFFFD,
        ]
        for _ in 0..<300 {
            var text = String.UnicodeScalarView()
            for _ in 0..<8 {
                text.append(Unicode.Scalar(alphabet[Int(generator.next() % UInt64(alphabet.count))]) ?? "?")
            }
            let expected = String(text).precomposedStringWithCanonicalMapping
            let decoded = tokenizer.decode(tokenizer.encode(String(text), parsesSpecialTokens: false))
            #expect(same(decoded, expected), "\(String(text).debugDescription)")
        }
    }

    @Test("White space and word borders of added tokens are taken as the flags say")
    func addedTokenFlags() throws {
        let file = RefusalTests.bytePair(
            vocab: #"{"a": 0, "b": 1, "Ġ": 2, "c": 3}"#, merges: "[]",
            added: """
                [{"id": 4, "content": "<l>", "lstrip": true}, {"id": 5, "content": "<r>", "rstrip": true},
                 {"id": 6, "content": "ab", "single_word": true}, {"id": 7, "content": "<lr>", "lstrip": true, "rstrip": true},
                 {"id": 8, "content": "<l>b"}]
                """)
        let tokenizer = try TokenizerFile.open(bytes: Array(file.utf8), name: "flags")
        let cases: [(String, [TokenID])] = [
            ("a  <l> b", [0, 4, 2, 1]), ("a <r>  b", [0, 2, 5, 1]), ("ab c", [6, 2, 3]), ("cab", [3, 0, 1]),
            ("ab", [6]),
            ("<r>  <l>", [5, 4]), ("a <lr> b", [0, 7, 1]), ("a <l>b", [0, 2, 8]), (" ab ", [2, 6, 2]),
        ]
        for (text, tokens) in cases { #expect(tokenizer.encode(text, parsesSpecialTokens: true) == tokens, "\(text)") }
    }

    @Test("Bytes without a token become the unknown token, or go where there is none")
    func unknownBytes() throws {
        for (model, tokens) in [
            (#""type": "BPE""#, [0, 1]), (#""type": "BPE", "unk_token": "ab""#, [0, 2, 2, 1]),
            (#""type": "BPE", "unk_token": "ab", "fuse_unk": true"#, [0, 2, 1]),
        ] {
            let file = RefusalTests.bytePair(merges: "[]", model: model)
            let tokenizer = try TokenizerFile.open(bytes: Array(file.utf8), name: "unknown")
            #expect(tokenizer.encode("axyb", parsesSpecialTokens: true) == tokens)
        }
    }

    @Test("Whole words win over merges where the file says so")
    func ignoresMerges() throws {
        for (model, tokens) in [(#""type": "BPE""#, [2, 3]), (#""type": "BPE", "ignore_merges": true"#, [4])] {
            let file = RefusalTests.bytePair(
                vocab: #"{"a": 0, "b": 1, "ab": 2, "c": 3, "abc": 4}"#, merges: #"["a b"]"#, model: model)
            let tokenizer = try TokenizerFile.open(bytes: Array(file.utf8), name: "whole")
            #expect(tokenizer.encode("abc", parsesSpecialTokens: true) == tokens)
        }
    }

    @Test("A prefix space is added where the file says so")
    func prefixSpace() throws {
        let file = RefusalTests.bytePair(
            vocab: #"{"a": 0, "Ġ": 1, "Ġa": 2}"#, merges: #"[["Ġ", "a"]]"#, preTokenizer: #"{"type": "ByteLevel"}"#)
        let tokenizer = try TokenizerFile.open(bytes: Array(file.utf8), name: "prefix")
        #expect(tokenizer.encode("a", parsesSpecialTokens: true) == [2])
        #expect(tokenizer.encode(" a", parsesSpecialTokens: true) == [2])
        #expect(tokenizer.encode("", parsesSpecialTokens: true) == [])
    }
}

/// Numbers that look random and are the same each time.
struct Xorshift: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}
