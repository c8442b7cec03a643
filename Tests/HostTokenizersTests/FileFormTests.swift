import Foundation
import HostCore
import Support
import Testing

@testable import HostTokenizers

@Suite("Tokenizer files as editors, browsers and converters leave them")
struct FileFormTests {
    static let mark: [UInt8] = [0xEF, 0xBB, 0xBF]

    static func source(_ folder: TemporaryFolder) -> ModelSource {
        ModelSource(id: "m.pth", path: folder.path + "/m.pth", modelFolder: folder.path)
    }

    static func search(_ folder: TemporaryFolder, _ rows: Int = 300, shelf: TokenizerShelf = TokenizerShelf()) -> TokenizerSearch {
        TokenizerSearch(source(folder), folder: folder.path, vocabularySize: rows, shelf: shelf)
    }

    @Test(
        "a byte order mark and empty lines change nothing",
        arguments: [
            ("rwkv_vocab_v20230424.txt", ""), ("rwkv_vocab_v20230424.txt", "\n"), ("rwkv_vocab_v20230424.txt", "\r\n  \n\n"),
            ("rwkv_vocab_v20230424.txt", "  \t\n"), ("RWKV_VOCAB_V20230424.TXT", ""),
        ])
    func editedText(name: String, ending: String) throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(name, Self.mark + Array((TinyRWKV.byteVocabulary(300) + ending).utf8))
        #expect(try TokenizerFile.open(path: path).vocabularySize == 300)
        #expect(try Self.search(folder).tokenizer(override: nil).vocabularySize == 300)
    }

    @Test("blanks at line ends, and the line ends of old Macs, change nothing", arguments: [" \n", "\r", "\t\r\n"])
    func lineEnds(ending: String) throws {
        let folder = try TemporaryFolder()
        try folder.write("rwkv_vocab_v20230424.txt", TinyRWKV.byteVocabulary(300).replacing("\n", with: ending).utf8)
        #expect(try Self.search(folder).tokenizer(override: nil).vocabularySize == 300)
    }

    @Test("a byte order mark before JSON changes nothing")
    func editedJSON() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("tokenizer.json", Self.mark + RwkvTrieWriter.json(rows: 300, spellsTokens: true))
        #expect(try TokenizerFile.open(path: path).vocabularySize == 300)
    }

    @Test(
        "a cut copy beside the whole file does not hide it, whatever it is called",
        arguments: [
            "rwkv_vocab_v20230424 (1).txt", "rwkv_vocab_v20230424.1.txt", "20B_tokenizer.json",
        ])
    func cutCopy(name: String) throws {
        let folder = try TemporaryFolder(), text = TinyRWKV.byteVocabulary(300)
        try folder.write(name, text.utf8.prefix(700))
        try folder.write("rwkv_vocab_v20230424.txt", text.utf8)
        #expect(try Self.search(folder).tokenizer(override: nil).vocabularySize == 300)
        #expect(Self.search(folder).obstacle == nil)
    }

    @Test("what a load will say of the tokenizer, the listing says before")
    func obstacle() throws {
        let folder = try TemporaryFolder(), shelf = TokenizerShelf()
        #expect(Self.search(folder, shelf: shelf).obstacle?.contains("not there") == true)
        let path = try folder.write("rwkv_vocab_v20230424.txt", TinyRWKV.byteVocabulary(300).utf8.prefix(700))
        #expect(Self.search(folder, shelf: shelf).obstacle?.contains("line") == true)
        #expect(Self.search(folder, 512, shelf: shelf).obstacle?.contains("line") == true)
        try Data(TinyRWKV.byteVocabulary(300).utf8).write(to: URL(filePath: path))
        #expect(Self.search(folder, shelf: shelf).obstacle == nil)
        #expect(Self.search(folder, 512, shelf: shelf).obstacle?.contains("300 tokens") == true)
    }

    @Test("the vocabulary of RWKV's MIDI models is called what it is")
    func midi() throws {
        let text = #"""
            {"version": "1.0", "added_tokens": [], "normalizer": {"type": "Lowercase"}, "pre_tokenizer": {"type": "WhitespaceSplit"},
             "post_processor": null, "decoder": null, "model": {"type": "WordLevel", "vocab": {"<pad>": 0}, "unk_token": "<pad>"}}
            """#
        let error = try #require(throws: LoadError.self) { _ = try TokenizerFile.open(bytes: Array(text.utf8), name: "tokenizer.json") }
        #expect(error.problem.contains("WordLevel") && error.problem.contains("MIDI") && error.kind == .unsupported)
    }

    /// A vocabulary of whole words.
    static func words(_ count: Int) -> String {
        let words = (0..<count).map { "\"t\($0)\": \($0)" }.joined(separator: ", ")
        return #"{"added_tokens": [{"id": 0, "content": "t0"}], "model": {"type": "WordLevel", "vocab": {\#(words)}, "unk_token": "t0"}}"#
    }

    @Test(
        "it is not passed over for a vocabulary of text that happens to have as many tokens",
        arguments: [
            "tokenizer.json", "20B_tokenizer.json", "tokenizer-midi.json",
        ])
    func midiBesideWorld(name: String) throws {
        let folder = try TemporaryFolder()
        try folder.write("rwkv_vocab_v20230424.txt", TinyRWKV.byteVocabulary(300).utf8)
        try folder.write(name, Self.words(300).utf8)
        let obstacle = try #require(Self.search(folder).obstacle)
        #expect(obstacle.contains("WordLevel") && obstacle.contains("RWKV-Runner") && obstacle.contains(name), "\(obstacle)")
        // Of another model, it says nothing of this one.
        try folder.write(name, Self.words(20_096).utf8)
        #expect(Self.search(folder).obstacle == nil)
        #expect(Self.search(folder, 512).obstacle?.contains("20096 tokens; a vocabulary of whole words") == true)
    }

    @Test("a vocabulary with tokens for sounds is that of a model of speech", arguments: ["SPCT_", "<|bicodec_semantic_"])
    func speech(mark: String) throws {
        let folder = try TemporaryFolder()
        let lines = (300..<340).map { "\($0) '\(mark)\($0)' \(mark.utf8.count + 3)" }.joined(separator: "\n")
        try folder.write("rwkv_vocab_v20230424.txt", (TinyRWKV.byteVocabulary(300) + lines + "\n").utf8)
        let obstacle = try #require(Self.search(folder, 340).obstacle)
        #expect(obstacle.contains("a vocabulary of speech") && obstacle.contains("RWKV-TTS"), "\(obstacle)")
    }

    @Test(
        "an RwkvTrie that contradicts itself names the token",
        arguments: [
            (#"{"<|endoftext|>": 0, "a": 2}"#, "expected each number below 2 once"),
            (#"{"<|endoftext|>": 0, "a": 0}"#, "expected each number below 2 once"),
            (#"{"<|endoftext|>": 0, "a": "x"}"#, "expected each number"), ("[]", "expected an object"),
            (#"{"<|endoftext|>": 0, "a": 1}"#, "no token for the single byte 0"),
        ])
    func brokenTrie(vocabulary: String, says: String) throws {
        let text = #"{"added_tokens": [], "model": {"type": "RwkvTrie", "vocab": \#(vocabulary)}}"#
        let error = try #require(throws: LoadError.self) { _ = try TokenizerFile.open(bytes: Array(text.utf8), name: "tokenizer.json") }
        #expect(error.description.contains(says), "\(error)")
    }
}
