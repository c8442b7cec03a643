import Foundation
import HostCore
import HostTokenizers
import Support
import Testing

/// The tokenizers under test, opened once: real files may be absent, ours never are.
enum Tokenizers {
    static let neoxPath = Fixture.vocabulary("20B_tokenizer.json")
    static let worldPath = Fixture.vocabulary("rwkv_vocab_v20230424.txt")
    static let neox = Result { try TokenizerFile.open(path: #require(neoxPath)) as? BytePairTokenizer }
    static let world = Result { try TokenizerFile.open(path: #require(worldPath)) as? WorldTokenizer }
}

func golden(_ name: String) throws -> JSONValue {
    try JSONValue(parsing: [UInt8](Fixture.data("tokenizers/\(name)")))
}

extension JSONValue {
    var tokens: [TokenID] { (arrayValue ?? []).compactMap(\.intValue) }
}

/// Equality of bytes, which Swift's own for strings is not.
func same(_ left: String, _ right: String) -> Bool { left.utf8.elementsEqual(right.utf8) }

@Suite("Token numbers equal the reference's")
struct GoldenTests {
    @Test(
        "20B: every golden string",
        .enabled(if: Tokenizers.neoxPath != nil, "20B_tokenizer.json is not on this machine"))
    func neox() throws {
        let tokenizer = try #require(try Tokenizers.neox.get())
        #expect(tokenizer.vocabularySize == 50_277)
        for item in try #require(golden("tokenizer-golden.json")["cases"]?.arrayValue) {
            let text = try #require(item["text"]?.stringValue)
            let tokens = tokenizer.encode(text, parsesSpecialTokens: true)
            #expect(tokens == item["neox20b"]?.tokens, "\(text.debugDescription)")
            let decoded =
                item["neox20b_decoded_keep_special"]?.stringValue ?? text.precomposedStringWithCanonicalMapping
            let bytes = tokens.flatMap { tokenizer.bytes(of: $0) }
            #expect(same(String(decoding: bytes, as: UTF8.self), decoded), "\(text.debugDescription)")
        }
    }

    @Test(
        "World: every golden string",
        .enabled(if: Tokenizers.worldPath != nil, "the World vocabulary is not on this machine"))
    func world() throws {
        let tokenizer = try #require(try Tokenizers.world.get())
        #expect(tokenizer.vocabularySize == 65_530)
        let golden = try golden("tokenizer-golden.json")
        for item in try #require(golden["cases"]?.arrayValue) {
            let text = try #require(item["text"]?.stringValue)
            let tokens = tokenizer.encode(text, parsesSpecialTokens: true)
            #expect(tokens == item["world"]?.tokens, "\(text.debugDescription)")
            #expect(same(tokenizer.decode(tokens), text))
        }
        for item in try #require(golden["world_bytes_cases"]?.arrayValue) {
            let hex = Array(try #require(item["bytes_hex"]?.stringValue).utf8)
            let bytes = stride(from: 0, to: hex.count, by: 2).compactMap {
                UInt8(String(decoding: hex[$0..<$0 + 2], as: UTF8.self), radix: 16)
            }
            #expect(tokenizer.encode(bytes: bytes) == item["world"]?.tokens)
            #expect(tokenizer.bytes(of: item["world"]?.tokens ?? []) == bytes)
        }
    }

    @Test(
        "The small vocabulary, with merges as pairs and as strings",
        arguments: ["tiny-pairs.json", "tiny-strings.json"])
    func tiny(_ file: String) throws {
        let tokenizer = try TokenizerFile.open(path: Fixture.path("tokenizers/\(file)"))
        #expect(tokenizer.vocabularySize == 512)
        #expect(tokenizer.kind == "byte-level BPE")
        for item in try #require(golden("tiny-golden.json")["cases"]?.arrayValue) {
            let text = try #require(item["text"]?.stringValue)
            let tokens = tokenizer.encode(text, parsesSpecialTokens: true)
            #expect(tokens == item["ids"]?.tokens, "\(text.debugDescription)")
            let kept = String(decoding: tokens.flatMap { tokenizer.bytes(of: $0) }, as: UTF8.self)
            #expect(same(kept, try #require(item["decoded_keep_special"]?.stringValue)))
            #expect(same(tokenizer.decode(tokens), try #require(item["decoded_skip_special"]?.stringValue)))
        }
    }

    @Test(
        "20B: arbitrary tokens decode to the reference's text",
        .enabled(if: Tokenizers.neoxPath != nil, "20B_tokenizer.json is not on this machine"))
    func byteSoup() throws {
        let tokenizer = try #require(try Tokenizers.neox.get())
        for item in try #require(golden("tokenizer-golden.json")["neox20b_byte_soup_decodes"]?.arrayValue) {
            #expect(same(tokenizer.decode(item["neox20b"]?.tokens ?? []), item["decoded"]?.stringValue ?? "?"))
        }
    }

    @Test(
        "Streams lag behind the reference at no token, and end in the same text",
        .enabled(
            if: Tokenizers.neoxPath != nil && Tokenizers.worldPath != nil, "the real files are not on this machine"))
    func streaming() throws {
        let neox = try #require(try Tokenizers.neox.get())
        let world = try #require(try Tokenizers.world.get())
        for item in try #require(golden("tokenizer-golden.json")["streaming"]?.arrayValue) {
            let tokenizer: any Tokenizer = item["tokenizer"]?.stringValue == "world" ? world : neox
            let tokens = item["ids"]?.tokens ?? []
            let expected = (item["piece_after_each_token"]?.arrayValue ?? []).map { $0.stringValue ?? "" }
            var assembler = UTF8Assembler()
            var shown = ""
            var reference = ""
            for (token, piece) in zip(tokens, expected) {
                shown += assembler.append(tokenizer.bytes(of: CollectionOfOne(token)))
                reference += piece
                #expect(Array(shown.utf8).starts(with: reference.utf8))
            }
            #expect(same(shown + assembler.flush(), tokenizer.decode(tokens)))
        }
    }
}
