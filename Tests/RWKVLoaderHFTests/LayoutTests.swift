import Foundation
import HostCheckpoints
import HostCore
import RWKVModels
import Support
import TestDevices
import Testing

@testable import RWKVLoaderHF

@Suite("Layouts of RWKV-7 in Hugging Face folders")
struct LayoutTests {
    /// A folder of fixtures with a World vocabulary of its size.
    static func folder(_ name: String) throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        for file in ["config.json", "model.safetensors"] {
            try folder.write("\(name)/\(file)", Fixture.data("layouts/\(name)/\(file)"))
        }
        try folder.write("\(name)/rwkv_vocab_v20230424.txt", TinyRWKV.byteVocabulary(272).utf8)
        return folder
    }

    static func expected(_ name: String) throws -> (tokens: [Int], logits: [Float]) {
        let golden = try JSONValue(parsing: Array(Fixture.data("layouts/golden.json")))
        let logits = try #require(golden[name]?.arrayValue).compactMap { $0.doubleValue.map(Float.init) }
        return (try #require(golden["tokens"]?.arrayValue).compactMap(\.intValue), logits)
    }

    static func logits(_ loaded: LoadedModel, _ tokens: [Int]) throws -> [Float] {
        var rows = [BatchEntry(tokens: tokens, state: loaded.model.makeState(), output: .lastLogits)]
        try loaded.model.forward(&rows)
        return rows[0].logits
    }

    static func distance(_ a: [Float], _ b: [Float]) -> Float { zip(a, b).map { abs($0 - $1) }.max() ?? .infinity }

    @Test("heads of other sizes and a folded embedding give the formulas' logits", arguments: ["fla-heads", "canonical-folded"])
    func golden(name: String) async throws {
        let folder = try Self.folder(name)
        let loaded = try await HFLoaderTests.load(folder.path + "/" + name)
        let (tokens, expected) = try Self.expected(name)
        #expect(loaded.info.generation == "7" && loaded.info.vocabularySize == expected.count)
        #expect(Self.distance(try Self.logits(loaded, tokens), expected) <= 5e-5)
        // Token 0 ends a text whatever a converter wrote.
        #expect(loaded.promptFormat.endOfTextTokens.first == 0)
    }

    @Test("an ε that the configuration states is taken, and seen in the logits")
    func statedEpsilon() async throws {
        let folder = try Self.folder("fla-heads"), file = "fla-heads/config.json"
        var config = try #require(JSONValue(parsing: Array(Fixture.data("layouts/\(file)"))).objectValue)
        config["group_norm_epsilon"] = 64e-5
        try folder.write(file, JSONValue.object(config).encodedBytes())
        let loaded = try await HFLoaderTests.load(folder.path + "/fla-heads")
        let (tokens, expected) = try Self.expected("fla-heads with the original's epsilon")
        #expect(Self.distance(try Self.logits(loaded, tokens), expected) <= 5e-5)
        let (_, other) = try Self.expected("fla-heads")
        #expect(Self.distance(expected, other) > 1e-2)
    }

    @Test("a folded embedding is not normalised again: without the mark its ln0 is missing")
    func unmarked() throws {
        let folder = try Self.folder("canonical-folded"), file = "canonical-folded/config.json"
        var config = try #require(JSONValue(parsing: Array(Fixture.data("layouts/\(file)"))).objectValue)
        config["embedding_layer_norm_fused"] = false
        try folder.write(file, JSONValue.object(config).encodedBytes())
        #expect(HFLoaderTests.refusal(folder.path + "/canonical-folded").contains("blocks.0.ln0.weight"))
    }

    /// What each layout calls a tensor of the original file.
    static let layouts: [(name: String, rename: @Sendable (String) -> String)] = [
        ("the original names under model.rwkv7", { $0 == "head.weight" ? "head.weight" : "model.rwkv7." + $0 }),
        ("the original names under rwkv7", { $0 == "head.weight" ? "head.weight" : "rwkv7." + $0 }),
        ("the original names", { $0 }),
        (
            "transformers' words",
            { name in
                TinyRWKV.huggingFaceName(of: name).replacing("rwkv.", with: "rwkv7.")
            }
        ),
        (
            "canonical",
            { name in
                let words = [
                    "emb": "model.embed_tokens", "ln_out": "model.norm", "head": "lm_head", "ln1": "input_layernorm",
                    "ln2": "post_attention_layernorm", "att": "linear_attn", "ffn": "mlp", "receptance": "r_proj",
                    "output": "o_proj", "ln_x": "g_norm", "blocks": "model.layers",
                ]
                var parts = name.split(separator: ".").map(String.init)
                if parts[0] == "blocks", parts[2] == "ln0" { return "model.embedding_norm." + parts[3] }
                if parts[0] == "blocks", parts[2] == "att", ["key", "value"].contains(parts[3]) { parts[3] = "\(parts[3].first ?? "k")_proj" }
                return parts.map { words[$0] ?? $0 }.joined(separator: ".")
            }
        ),
    ]

    @Test("every layout of one model gives the package's logits", arguments: LayoutTests.layouts.indices)
    func everyLayout(index: Int) async throws {
        let original = try CheckpointReader.openWeights(path: Fixture.path("models/rwkv7-tiny/rwkv7-tiny.pth"))
        let tensors = try original.names.map { name in
            let tensor = try original.tensor(name)
            return FixtureTensor(Self.layouts[index].rename(name), tensor.dtype, tensor.shape, bytes: tensor.bytes.allBytes)
        }
        let folder = try TemporaryFolder()
        try folder.write("model.safetensors", SafetensorsWriter.bytes(tensors))
        let source = CanonicalNames.checkpoint(
            try CheckpointReader.openWeights(path: folder.path), tiesEmbeddings: false)
        #expect(Set(source.names) == Set(original.names), "\(Self.layouts[index].name)")
        let recipe = ModelRecipe(
            checkpoint: source, tokenizer: ByteTokenizer(), promptFormat: PromptFormat(), embeddingRounding: .none)
        let model = try await RWKVModelBuilder(log: .silent).build(recipe, options: LoadOptions(), progress: { _ in })
        for sequence in try Golden("rwkv7-tiny/golden.json").sequences {
            #expect(Self.distance(try Self.logits(model, sequence.tokens), sequence.tokenLogits) <= 5e-5)
        }
    }

    @Test("the tokenizer of the canonical layout is a World vocabulary, in either of its two spellings", arguments: [true, false])
    func rwkvTrie(spellsTokens: Bool) async throws {
        let folder = try Self.folder("canonical-folded")
        try FileManager.default.removeItem(atPath: folder.path + "/canonical-folded/rwkv_vocab_v20230424.txt")
        try folder.write("canonical-folded/tokenizer.json", RwkvTrieWriter.json(rows: 272, spellsTokens: spellsTokens))
        let loaded = try await HFLoaderTests.load(folder.path + "/canonical-folded")
        #expect(loaded.tokenizer.kind == "World" && loaded.tokenizer.vocabularySize == 272)
        #expect(loaded.tokenizer.encode("ab z\n", parsesSpecialTokens: false) == [258, 33, 123, 11])
        #expect(loaded.tokenizer.encode("<|endoftext|>", parsesSpecialTokens: true) == [0])
        #expect(loaded.promptFormat.endOfTextTokens == [0])
    }

    @Test(
        "what is not a pure RWKV model is named, with what to do",
        arguments: [
            (["model_type": "rwkv_hybrid"], "hybrid of RWKV"), (["model_type": "rwkv6qwen2"], "hybrid of RWKV"),
            (["model_type": "hxa079", "rwkv_layers": [1], "transformer_layers": [2]], "hybrid of RWKV"),
            (["model_type": "rwkv07aqwen3"], "hybrid of RWKV"), (["attn": ["layers": [1]]], "attn is set"),
            (["architectures": ["RWKV7ForSpeech"]], "model of speech"),
            (["quantization": ["bits": 4, "group_size": 64]], "MLX has quantised"),
            (["quantization_config": ["quant_method": "bitsandbytes"]], "bitsandbytes has quantised"),
            (["model_type": "llama"], "reads rwkv"),
        ] as [(JSONValue, String)])
    func foreign(changes: JSONValue, says: String) throws {
        let (folder, path) = try HFLoaderTests.folder(
            changing: Dictionary(uniqueKeysWithValues: try #require(changes.objectValue).members.map { ($0.key, $0.value) }))
        #expect(HFLoaderTests.refusal(path).contains(says), "\(HFLoaderTests.refusal(path))")
        withExtendedLifetime(folder) {}
    }

    @Test(
        "end tokens come from both configurations, and token 0 is one of them",
        arguments: [
            ("2", nil, [0, 2]), ("[0, 11]", nil, [0, 11]), ("null", "[0, 11]", [0, 11]), ("0", "7", [0, 7]), ("null", nil, [0]),
        ] as [(String, String?, [Int])])
    func endTokens(config: String, generation: String?, expected: [Int]) async throws {
        let folder = try Self.folder("fla-heads"), file = "fla-heads/config.json"
        var fields = try #require(JSONValue(parsing: Array(Fixture.data("layouts/\(file)"))).objectValue)
        fields["eos_token_id"] = try JSONValue(parsing: config)
        try folder.write(file, [0xEF, 0xBB, 0xBF] + JSONValue.object(fields).encodedBytes())
        if let generation { try folder.write("fla-heads/generation_config.json", "{\"eos_token_id\": \(generation)}".utf8) }
        #expect(try await HFLoaderTests.load(folder.path + "/fla-heads").promptFormat.endOfTextTokens == expected)
    }

    @Test("generation configurations bring stop strings, and sampling settings by the name of their use")
    func generationConfigs() async throws {
        let folder = try Self.folder("fla-heads")
        try folder.write("fla-heads/generation_config.json", #"{"temperature": 0.96, "top_k": 32, "eos_token_id": 0, "stop_strings": ["✿", "\nUser:"]}"#.utf8)
        try folder.write("fla-heads/fake_think_generation_config.json", #"{"top_p": 0.28, "penalty_decay": 0.996, "transformers_version": "5"}"#.utf8)
        try folder.write("fla-heads/tools_generation_config.json", #"{"transformers_version": "5"}"#.utf8)
        let promptFormat = try await HFLoaderTests.load(folder.path + "/fla-heads").promptFormat
        #expect(promptFormat.stopStrings == ["✿", "\nUser:"])
        #expect(
            promptFormat.presets == [
                "default": JSONObject([("temperature", 0.96), ("top_k", 32)]),
                "fake_think": JSONObject([("top_p", 0.28), ("penalty_decay", 0.996)]),
            ])
        try folder.write("fla-heads/generation_config.json", "{".utf8)
        let error = await #expect(throws: LoadError.self) { try await HFLoaderTests.load(folder.path + "/fla-heads") }
        #expect(error?.subject.hasSuffix("generation_config.json") == true)
    }

    @Test("a blank template counts as absent, and the next place is looked at")
    func blankTemplate() throws {
        let folder = try TemporaryFolder()
        try folder.write("chat_template.jinja", " \n".utf8)
        try folder.write("tokenizer_config.json", #"{"chat_template": ""}"#.utf8)
        #expect(try ChatTemplateFile(folder: folder.path).template == nil)
        try folder.write("chat_template.json", #"{"chat_template": "J"}"#.utf8)
        #expect(try ChatTemplateFile(folder: folder.path).template == "J")
    }

    @Test("a folder's only weight file may have any name; of two the right one must be named")
    func oddName() throws {
        let (folder, path) = try HFLoaderTests.folder()
        try FileManager.default.moveItem(atPath: path + "/model.safetensors", toPath: path + "/rwkv-4-tiny.safetensors")
        #expect(HFLoaderTests.refusal(path).isEmpty, "\(HFLoaderTests.refusal(path))")
        try folder.write("tiny-hf/other.safetensors", [1])
        #expect(HFLoaderTests.refusal(path).contains("found other.safetensors, rwkv-4-tiny.safetensors"))
        try FileManager.default.removeItem(atPath: path + "/other.safetensors")
        try FileManager.default.moveItem(
            atPath: path + "/rwkv-4-tiny.safetensors", toPath: path + "/model-00001-of-00002.safetensors")
        try folder.write("tiny-hf/model-00002-of-00002.safetensors", [1])
        #expect(HFLoaderTests.refusal(path).contains("not their index"))
    }
}
