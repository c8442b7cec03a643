import Foundation
import HostCore
import RWKVModels
import Support
import TestDevices
import Testing

@testable import RWKVLoaderPTH

@Suite("Original .pth files")
struct PTHLoaderTests {
    static let loader = PTHLoader(builder: RWKVModelBuilder(log: .silent))

    static func source(_ path: String, modelFolder: String? = nil) -> ModelSource {
        ModelSource(id: "model", path: path, modelFolder: modelFolder ?? (path as NSString).deletingLastPathComponent)
    }

    static func refusal(_ path: String) -> String {
        guard case .refuses(let reason) = loader.probe(source(path)) else { return "" }
        return reason
    }

    @Test(
        "zip, older container and bf16 are told apart by content, whatever they are called",
        arguments: ["rwkv4-tiny.pth", "rwkv4-tiny-legacy.pth", "rwkv4-tiny-bf16.pth"])
    func containers(name: String) throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("renamed.bin", Fixture.data("models/rwkv4-tiny/\(name)"))
        guard case .accepts(let confidence, let summary, _) = Self.loader.probe(Self.source(path)) else {
            Issue.record("\(Self.refusal(path))")
            return
        }
        #expect(confidence == 1 && summary.architecture == "RWKV-4" && summary.vocabularySize == 512)
    }

    @Test("a tokenizer is taken from beside the file, else from the model folder")
    func tokenizerPlaces() async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("sub/tiny.pth", Fixture.data("models/rwkv4-tiny/rwkv4-tiny.pth"))
        let source = Self.source(path, modelFolder: folder.path)
        let error = await #expect(throws: LoadError.self) {
            try await Self.loader.load(source, options: LoadOptions()) { _ in }
        }
        for words in ["sub/20B_tokenizer.json", "rwkv_vocab_v20230424.txt", "512 rows"] {
            #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
        }
        try folder.write("20B_tokenizer.json", Fixture.data("models/rwkv4-tiny/20B_tokenizer.json"))
        let loaded = try await Self.loader.load(source, options: LoadOptions()) { _ in }
        #expect(loaded.tokenizer.encode("The quick brown fox", parsesSpecialTokens: true) == [288, 373, 350, 438, 360])
    }

    @Test("a tokenizer of another size is passed over, and refused when it is named")
    func wrongTokenizer() async throws {
        let folder = try TemporaryFolder()
        let path = try TinyRWKV(vocabulary: 300).writePTH(to: folder)
        let tokenizer = try folder.write("20B_tokenizer.json", Fixture.data("models/rwkv4-tiny/20B_tokenizer.json"))
        let error = await #expect(throws: LoadError.self) {
            try await Self.loader.load(Self.source(path), options: LoadOptions()) { _ in }
        }
        #expect(error?.description.contains("512 tokens") == true, "\(error?.description ?? "")")
        var options = LoadOptions()
        options.tokenizerPath = tokenizer
        let named = await #expect(throws: LoadError.self) {
            try await Self.loader.load(Self.source(path), options: options) { _ in }
        }
        #expect(named?.kind == .mismatch && named?.description.contains("300 rows") == true)
    }

    @Test(
        "the real tokenizers are found by the size of the embedding",
        .enabled(
            if: Fixture.vocabulary("20B_tokenizer.json") != nil
                && Fixture.vocabulary("rwkv_vocab_v20230424.txt") != nil,
            "the two vocabularies of RWKV are not in .build/vocabularies"),
        arguments: [50277, 65536])
    func realTokenizers(vocabulary: Int) async throws {
        let folder = try TemporaryFolder()
        let path = try TinyRWKV(layers: 1, width: 2, vocabulary: vocabulary).writePTH(to: folder)
        for name in ["20B_tokenizer.json", "rwkv_vocab_v20230424.txt"] {
            let found = try #require(Fixture.vocabulary(name))
            try folder.write(name, Data(contentsOf: URL(filePath: found)))
        }
        let loaded = try await Self.loader.load(Self.source(path), options: LoadOptions()) { _ in }
        #expect(loaded.tokenizer.encode("\n\n", parsesSpecialTokens: true) == (vocabulary == 65536 ? [261] : [535]))
    }

    @Test("folders and files that are no checkpoint are refused with what they are")
    func refusals() throws {
        let folder = try TemporaryFolder()
        #expect(Self.refusal(folder.path).contains("is a folder"))
        let page = try folder.write("page.pth", "<!doctype html>".utf8)
        #expect(Self.refusal(page).contains("HTML"))
        let converted = Fixture.path("models/rwkv4-deep/rwkv4-deep-converted-cpu-fp32i8.pth")
        #expect(Self.refusal(converted).contains("converted"))
    }

    @Test("a tokenizer that is a link out of the model folder is refused by name, at the probe and at the load")
    func linkedTokenizer() async throws {
        let folder = try TemporaryFolder(), outside = try TemporaryFolder()
        let path = try folder.write("sub/tiny.pth", Fixture.data("models/rwkv4-tiny/rwkv4-tiny.pth"))
        let target = try outside.write("t.json", Fixture.data("models/rwkv4-tiny/20B_tokenizer.json"))
        try FileManager.default.createSymbolicLink(
            atPath: folder.path + "/sub/20B_tokenizer.json", withDestinationPath: target)
        var source = Self.source(path, modelFolder: folder.path)
        let error = await #expect(throws: LoadError.self) {
            try await Self.loader.load(source, options: LoadOptions()) { _ in }
        }
        #expect(error?.kind == .forbidden)
        #expect(error?.problem.hasPrefix("sub/20B_tokenizer.json is a link that leads out") == true, "\(String(describing: error))")
        guard case .accepts(_, let summary, _) = Self.loader.probe(source) else {
            Issue.record("\(Self.refusal(path))")
            return
        }
        #expect(summary.obstacle?.contains("--allow-links") == true)
        source.allowsOutsideLinks = true
        _ = try await Self.loader.load(source, options: LoadOptions()) { _ in }
    }

    @Test(
        "what goes with a model without being one is known for what it is",
        arguments: [("time_state", ModelCompanion.tunedState), ("key.lora_A", .adapter), ("key.disha", .adapter)])
    func companions(name: String, companion: ModelCompanion) throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(
            "companion.pth", PyTorchZipWriter.bytes([FixtureTensor("blocks.0.att.\(name)", [2, 2], [0, 1, 2, 3])]))
        guard case .goesWithModels(let found, let reason) = Self.loader.probe(Self.source(path)) else {
            Issue.record("not recognised: \(Self.refusal(path))")
            return
        }
        #expect(found == companion && reason.contains("and not a model"))
    }

    @Test("a tuned state that is larger than any is refused by its size")
    func largeState() async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("tiny.pth", Fixture.data("models/rwkv4-tiny/rwkv4-tiny.pth"))
        try folder.write("20B_tokenizer.json", Fixture.data("models/rwkv4-tiny/20B_tokenizer.json"))
        var options = LoadOptions()
        options.initialStatePath = try folder.write("state", [])
        try #require(unsafe truncate(folder.path + "/state", 4 << 30) == 0)
        let error = await #expect(throws: LoadError.self) {
            try await Self.loader.load(Self.source(path), options: options) { _ in }
        }
        #expect(error?.problem == "has \(4 << 30) bytes; a tuned state has at most \(1 << 30)")
    }
}
