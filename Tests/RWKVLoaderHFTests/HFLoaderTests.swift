import Foundation
import HostCheckpoints
import HostCore
import RWKVModels
import Support
import TestDevices
import Testing

@testable import RWKVLoaderHF

@Suite("Hugging Face folders")
struct HFLoaderTests {
    static let loader = HFLoader(builder: RWKVModelBuilder(log: .silent))

    static func source(_ path: String) -> ModelSource {
        ModelSource(id: "model", path: path, modelFolder: path)
    }

    static func load(_ path: String) async throws -> LoadedModel {
        try await loader.load(source(path), options: LoadOptions()) { _ in }
    }

    static func refusal(_ path: String) -> String {
        guard case .refuses(let reason) = loader.probe(source(path)) else { return "" }
        return reason
    }

    /// A good folder with some of its config's members changed.
    static func folder(
        _ model: TinyRWKV = TinyRWKV(), changing changes: [String: JSONValue] = [:]
    ) throws -> (TemporaryFolder, String) {
        let folder = try TemporaryFolder()
        let path = try model.writeHuggingFace(to: folder)
        var config = try #require(model.configuration.objectValue)
        for (key, value) in changes { config[key] = value }
        try folder.write("tiny-hf/config.json", JSONValue.object(config).encodedBytes())
        return (folder, path)
    }

    @Test(
        "the four layouts of one model give the reference's logits",
        arguments: ["rwkv4-tiny-hf", "rwkv4-tiny-hf-bin", "rwkv4-tiny-hf-sharded-bin", "rwkv4-tiny-hf-sharded-safetensors"])
    func goldenLogits(name: String) async throws {
        let loaded = try await Self.load(Fixture.path("models/\(name)"))
        #expect(loaded.tokenizer.vocabularySize == loaded.info.vocabularySize)
        #expect(loaded.promptFormat.endOfTextTokens == [0])
        let golden = try JSONValue(parsing: Array(Fixture.data("models/rwkv4-tiny/golden.json")))
        let sequences = try #require(golden["sequences"]?.arrayValue)
        #expect(sequences.count >= 4)
        for sequence in sequences {
            let tokens = try #require(sequence["tokens"]?.arrayValue).compactMap(\.intValue)
            let expected = try #require(sequence["transformers_last_logits"]?.arrayValue).compactMap(\.doubleValue)
            var rows = [BatchEntry(tokens: tokens, state: loaded.model.makeState(), output: .lastLogits)]
            try loaded.model.forward(&rows)
            let difference = zip(rows[0].logits, expected).map { abs(Double($0) - $1) }.max()
            #expect(try #require(difference) <= 5e-5)
        }
    }

    @Test(
        "a config that was downloaded wrongly is named as what it is",
        arguments: [("<!DOCTYPE html>", "web page"), ("version https://git-lfs.github.com/spec/v1\n", "Git LFS"), ("{\"model_type\"", "download it again")])
    func damagedConfig(text: String, word: String) throws {
        let (folder, path) = try Self.folder()
        try folder.write("tiny-hf/config.json", Array(text.utf8))
        #expect(Self.refusal(path).contains(word))
        try folder.write("tiny-hf/config.json", Array("{}".utf8))
        #expect(Self.refusal(path).contains("published with the weights"))
    }

    @Test("a folder of PEFT is known for an adapter")
    func adapterFolder() throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        try folder.write("lora/adapter_config.json", #"{"peft_type": "LORA"}"#.utf8)
        try folder.write("lora/adapter_model.safetensors", SafetensorsWriter.bytes([]))
        guard case .goesWithModels(.adapter, let reason) = Self.loader.probe(Self.source(folder.path + "/lora")) else {
            Issue.record("\(Self.loader.probe(Self.source(folder.path + "/lora")))")
            return
        }
        #expect(reason.contains("--adapter"))
    }

    @Test("a model without a head of its own uses its embedding when the config ties them")
    func tiedEmbeddings() async throws {
        let model = TinyRWKV()
        let (folder, path) = try Self.folder(model, changing: ["tie_word_embeddings": true])
        let headless = model.huggingFaceTensors().filter { $0.name != "head.weight" }
        try folder.write("tiny-hf/model.safetensors", SafetensorsWriter.bytes(headless))
        guard case .accepts(_, let summary, _) = Self.loader.probe(Self.source(path)) else {
            Issue.record("\(Self.refusal(path))")
            return
        }
        #expect(summary.vocabularySize == model.vocabulary && summary.layerCount == model.layers)

        try folder.write("tiny-hf/config.json", model.configuration.encodedBytes())
        #expect(Self.refusal(path).contains("head.weight"))
    }

    @Test("names lose their prefix and become those of the original files")
    func canonicalNames() {
        for tensor in TinyRWKV().tensors() {
            let name = TinyRWKV.huggingFaceName(of: tensor.name)
            #expect(CanonicalNames.origins(of: name)[0].0 == tensor.name)
            // A base model's folder lacks the prefix.
            if name.hasPrefix("rwkv.") {
                #expect(CanonicalNames.origins(of: String(name.dropFirst(5)))[0].0 == tensor.name)
            }
        }
    }

    @Test(
        "a config that does not make sense is refused, and the reason names the member",
        arguments: [
            ("model_type", "llama", "llama"), ("model_type", .null, "model_type"),
            ("vocab_size", 63, "vocab_size is 63"), ("vocab_size", -1, "vocab_size"), ("vocab_size", "64", "vocab_size"),
            ("num_hidden_layers", 3, "num_hidden_layers is 3"), ("hidden_size", 17, "hidden_size is 17"),
            ("layer_norm_epsilon", "small", "layer_norm_epsilon"), ("eos_token_id", [0, "x"], "eos_token_id"),
            ("tie_word_embeddings", 1, "tie_word_embeddings"),
        ] as [(String, JSONValue, String)])
    func badConfig(key: String, value: JSONValue, words: String) throws {
        let (folder, path) = try Self.folder(changing: [key: value])
        #expect(Self.refusal(path).contains(words), "\(Self.refusal(path))")
        withExtendedLifetime(folder) {}
    }

    @Test("what is missing from a folder is named")
    func missingParts() async throws {
        let (folder, path) = try Self.folder()
        let error = await #expect(throws: LoadError.self) { try await Self.load(path) }
        #expect(error?.description.contains("tokenizer.json") == true)
        try folder.write("tiny-hf/config.json", "{\"model_type\": ".utf8)
        #expect(Self.refusal(path).contains("config.json"))
        try FileManager.default.removeItem(atPath: path + "/config.json")
        #expect(Self.refusal(path).contains("config.json: is not there"))
        #expect(Self.refusal(path + "/model.safetensors").contains("this loader reads folders"))
    }

    @Test("code that a folder brings is not looked at")
    func remoteCode() throws {
        let (folder, path) = try Self.folder(changing: ["auto_map": ["AutoModel": "modeling.Evil"]])
        try folder.write("tiny-hf/modeling.py", "raise SystemExit".utf8)
        #expect(Self.refusal(path).isEmpty)
    }

    @Test("the chat template comes from its own file, else from the tokenizer's config")
    func chatTemplate() throws {
        let folder = try TemporaryFolder()
        #expect(try ChatTemplateFile(folder: folder.path).template == nil)
        try folder.write("tokenizer_config.json", #"{"chat_template": [{"name": "default", "template": "A"}]}"#.utf8)
        #expect(try ChatTemplateFile(folder: folder.path).template == "A")
        try folder.write("tokenizer_config.json", #"{"chat_template": "B"}"#.utf8)
        #expect(try ChatTemplateFile(folder: folder.path).template == "B")
        try folder.write("chat_template.json", #"{"chat_template": "J"}"#.utf8)
        #expect(try ChatTemplateFile(folder: folder.path).template == "J")
        try folder.write("chat_template.jinja", "C".utf8)
        #expect(try ChatTemplateFile(folder: folder.path).template == "C")
    }

    @Test("a chat template that cannot be read is refused, and nobody waits for a pipe", .timeLimit(.minutes(10)))
    func unreadableTemplates() throws {
        for name in ["chat_template.jinja", "tokenizer_config.json"] {
            let folder = try TemporaryFolder()
            try #require(unsafe mkfifo(folder.path + "/" + name, 0o600) == 0)
            let pipe = #expect(throws: LoadError.self) { try ChatTemplateFile(folder: folder.path) }
            #expect(pipe?.subject.hasSuffix(name) == true && pipe?.problem == "expected a file, found a pipe")
            try FileManager.default.removeItem(atPath: folder.path + "/" + name)
            try folder.write(name, [])
            try #require(unsafe truncate(folder.path + "/" + name, 4 << 30) == 0)
            let large = #expect(throws: LoadError.self) { try ChatTemplateFile(folder: folder.path) }
            #expect(large?.problem.contains("at most 1048576") == true)
        }
    }

    @Test("a link to a folder whose files are links into a cache is read as the folder itself")
    func cacheLayout() async throws {
        let (folder, path) = try Self.folder()
        let manager = FileManager.default
        try manager.createDirectory(atPath: folder.path + "/snapshots/rev", withIntermediateDirectories: true)
        for name in try manager.contentsOfDirectory(atPath: path) {
            try manager.createSymbolicLink(
                atPath: folder.path + "/snapshots/rev/" + name, withDestinationPath: "../../tiny-hf/" + name)
        }
        try manager.createSymbolicLink(atPath: folder.path + "/linked", withDestinationPath: "snapshots/rev")
        let direct = Self.refusal(path)
        #expect(Self.refusal(folder.path + "/linked") == direct && direct.isEmpty)
    }

    @Test("F10: a model goes on when its file is touched, and not when it is rewritten in place, until it is whole again")
    func rewritten() async throws {
        let (folder, path) = try Self.folder(TinyRWKV(vocabulary: 300))
        try folder.write("tiny-hf/rwkv_vocab_v20230424.txt", TinyRWKV.byteVocabulary(300).utf8)
        let loaded = try await Self.load(path), file = path + "/model.safetensors"
        let bytes = try Data(contentsOf: URL(filePath: file))
        func run() throws {
            var rows = [BatchEntry(tokens: [1], state: loaded.model.makeState(), output: .lastLogits)]
            try loaded.model.forward(&rows)
        }
        func write(_ bytes: Data) throws {
            let handle = try #require(FileHandle(forWritingAtPath: file))
            try handle.write(contentsOf: bytes)
            try handle.truncate(atOffset: UInt64(bytes.count))
            try handle.close()
            try touch()
        }
        func touch() throws {
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSinceNow: .random(in: 10...1000))], ofItemAtPath: file)
        }
        try touch()
        try run()
        try loaded.model.checkFiles()
        try write(Data(bytes.reversed()))
        #expect(throws: GenerationError.self) { try run() }
        #expect(throws: GenerationError.self) { try loaded.model.checkFiles() }
        try write(bytes)
        try run()
        try loaded.model.checkFiles()
        try write(bytes.dropLast(8))
        #expect(throws: GenerationError.self) { try loaded.model.checkFiles() }
        withExtendedLifetime(folder) {}
    }
}
