import Foundation
import HostCheckpoints
import HostCore
import RWKVModels
import Support
import TestDevices
import Testing

@testable import RWKVLoaderHF

@Suite("Hugging Face folders of RWKV-5, 6 and 7")
struct GenerationFolderTests {
    static let folders = [
        ("rwkv5.2-tiny-hf", "rwkv5.2-tiny"), ("rwkv6-tiny-hf", "rwkv6-tiny"), ("rwkv7-tiny-fla-hf", "rwkv7-tiny"),
    ]

    /// These folders have no tokenizer.
    static func model(_ folder: String) async throws -> any LanguageModel {
        let path = Fixture.path("models/\(folder)")
        let config = try HFConfig(folder: path)
        let checkpoint = CanonicalNames.checkpoint(try CheckpointReader.openWeights(path: path), tiesEmbeddings: false)
        try config.check(against: RWKVModelBuilder().summary(of: checkpoint))
        let recipe = ModelRecipe(
            checkpoint: checkpoint, tokenizer: ByteTokenizer(), promptFormat: PromptFormat(), embeddingRounding: .none,
            layerNormEpsilon: config.layerNormEpsilon)
        return try await RWKVModelBuilder(log: .silent).build(recipe, options: LoadOptions(), progress: { _ in }).model
    }

    @Test("their names and layouts give the package's logits", arguments: folders)
    func goldenLogits(folder: String, golden: String) async throws {
        let model = try await Self.model(folder)
        let json = try JSONValue(parsing: Array(Fixture.data("models/\(golden)/golden.json")))
        let sequences = try #require(json["sequences"]?.arrayValue)
        #expect(sequences.count == 4)
        for sequence in sequences {
            let tokens = try #require(sequence["tokens"]?.arrayValue).compactMap(\.intValue)
            let expected = try #require(sequence["last_logits_token_mode"]?.arrayValue).compactMap(\.doubleValue)
            var rows = [BatchEntry(tokens: tokens, state: model.makeState(), output: .lastLogits)]
            try model.forward(&rows)
            let difference = zip(rows[0].logits, expected).map { abs(Double($0) - $1) }.max()
            #expect(try #require(difference) <= 5e-5)
        }
    }

    @Test("they write the package's greedy texts", arguments: folders)
    func greedy(folder: String, golden: String) async throws {
        let model = try await Self.model(folder)
        let texts = try GreedyText.all(of: golden)
        #expect(texts.count == 3)
        for chunk in [7, 64] { #expect(try model.write(texts, chunk: chunk) == texts.map(\.tokens)) }
    }

    @Test("every tensor of the original file is found again, with the same numbers", arguments: folders)
    func sameTensors(folder: String, golden: String) throws {
        let original = try CheckpointReader.openWeights(path: Fixture.path("models/\(golden)/\(golden).pth"))
        let canonical = CanonicalNames.checkpoint(
            try CheckpointReader.openWeights(path: Fixture.path("models/\(folder)")), tiesEmbeddings: false)
        #expect(Set(canonical.names) == Set(original.names))
        for name in original.names {
            let a = try original.tensor(name), b = try canonical.tensor(name)
            #expect(a.bytes.allBytes == b.bytes.allBytes, "\(name)")
            #expect(a.shape.filter { $0 != 1 } == b.shape.filter { $0 != 1 }, "\(name)")
        }
    }

    @Test("the six mixes of older folders in one tensor are six")
    func joinedMixes() throws {
        let mixes = FixtureTensor("model.layers.0.attn.x_x", [6, 2], (0..<12).map { Float($0) })
        let folder = try TemporaryFolder()
        let embedding = FixtureTensor("model.embeddings.weight", [3, 2], [1, 2, 3, 4, 5, 6])
        let path = try folder.write("model.safetensors", SafetensorsWriter.bytes([embedding, mixes]))
        let canonical = CanonicalNames.checkpoint(try CheckpointReader.open(path: path), tiesEmbeddings: true)
        for (index, part) in ["r", "w", "k", "v", "a", "g"].enumerated() {
            let tensor = try canonical.tensor("blocks.0.att.x_\(part)")
            #expect(tensor.shape == [2])
            #expect(
                tensor.bytes.allBytes
                    == [Float(2 * index), Float(2 * index + 1)].flatMap { value in
                        (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) }
                    })
        }
        #expect(canonical.shape(of: "head.weight") == [3, 2])
    }

    @Test("tensors of hostile shapes and names are told, not read")
    func hostile() throws {
        let folder = try TemporaryFolder()
        let tensors = [
            FixtureTensor("model.embeddings.weight", [2, 2], [1, 2, 3, 4]),
            FixtureTensor("model.layers.0.attn.x_x", [2, 2], [1, 2, 3, 4]),
            FixtureTensor("model.layers.0.attn.w_lora.lora.0.weight", [4], [1, 2, 3, 4]),
            FixtureTensor("model.layers.", [1], [1]), FixtureTensor("model.layers", [1], [1]),
            FixtureTensor("model.layers.0.attn", [1], [1]), FixtureTensor("model.layers.x.attn_norm", [1], [1]),
        ]
        let path = try folder.write("model.safetensors", SafetensorsWriter.bytes(tensors))
        let canonical = CanonicalNames.checkpoint(try CheckpointReader.open(path: path), tiesEmbeddings: true)
        for name in canonical.names { _ = try canonical.tensor(name) }
        #expect(throws: LoadError.self) { try RWKVModelBuilder().summary(of: canonical) }
    }

    @Test(
        "what a config of flash-linear-attention may not say is refused",
        arguments: [
            ("attn", #"{"layers": [1]}"#), ("norm_bias", "false"), ("norm_eps", #""small""#), ("hidden_size", "33"),
        ])
    func badConfig(key: String, value: String) throws {
        let folder = try TemporaryFolder()
        var config = try #require(
            JSONValue(parsing: Array(Fixture.data("models/rwkv7-tiny-fla-hf/config.json"))).objectValue)
        config[key] = try JSONValue(parsing: Array(value.utf8))
        try folder.write("config.json", JSONValue.object(config).encodedBytes())
        try folder.write("model.safetensors", Fixture.data("models/rwkv7-tiny-fla-hf/model.safetensors"))
        guard case .refuses(let reason) = HFLoaderTests.loader.probe(HFLoaderTests.source(folder.path)) else {
            Issue.record("accepted")
            return
        }
        #expect(reason.contains(key), "\(reason)")
    }

    @Test(
        "a World vocabulary is read from every file that folders have it in",
        arguments: [
            "rwkv_vocab_v20230424.txt", "vocab.txt", "rwkv_vocab_v20230424.json",
        ])
    func worldVocabulary(name: String) async throws {
        var tiny = TinyRWKV(vocabulary: 300)
        tiny.generation = "6"
        let folder = try TemporaryFolder()
        let path = try tiny.writeHuggingFace(to: folder)
        let lines = TinyRWKV.byteVocabulary(300)
        switch name {
        case "vocab.txt":
            let literals = lines.split(separator: "\n").map { String($0.split(separator: " ")[1]) }
            try folder.write("tiny-hf/\(name)", (["b'<s>'"] + literals).joined(separator: "\n").utf8)
        case let name where name.hasSuffix(".json"):
            let members = (1...299).map { id -> String in
                id <= 256 ? "\"\(id)\": [\(id - 1)]" : "\"\(id)\": \"a\(UnicodeScalar(UInt8(id - 257 + 97)))\""
            }
            try folder.write("tiny-hf/\(name)", "{\(members.prefix(282).joined(separator: ","))}".utf8)
        default: try folder.write("tiny-hf/\(name)", lines.utf8)
        }
        let loaded = try await HFLoaderTests.load(path)
        #expect(loaded.tokenizer.kind == "World" && loaded.info.generation == "6")
        #expect(loaded.tokenizer.encode("abz", parsesSpecialTokens: false) == [258, 123])
        #expect(loaded.tokenizer.bytes(of: 258) == Array("ab".utf8) && loaded.tokenizer.isSpecial(0))
    }
}
