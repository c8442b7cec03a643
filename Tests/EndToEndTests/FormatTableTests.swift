import Foundation
import HostCore
import Support
import TestDevices
import Testing

/// The table of `models/README.md`: what the host does, or says, about everything that people put into `models/`.
@Suite("Every format is read, or called what it is with the next step")
struct FormatTableTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let id: String
        /// The loader that takes it; nil where none does.
        var loader: String?
        /// Words of the reasons, or of what is still lacking.
        var says: [String] = []
        let write: @Sendable (TemporaryFolder) throws -> Void

        var testDescription: String { id }
    }

    static func tensors(_ names: [String], _ dtype: DType = .float32) -> [FixtureTensor] {
        names.map { FixtureTensor($0, dtype, [2], bytes: [UInt8](repeating: 1, count: 2 * dtype.size)) }
    }

    static func tiny(_ generation: String) -> TinyRWKV {
        var tiny = TinyRWKV(layers: 2, width: 16, vocabulary: 300)
        tiny.generation = generation
        return tiny
    }

    static func file(_ name: String, _ bytes: some Sequence<UInt8> & Sendable, loader: String? = nil, says: String...) -> Row {
        Row(id: name, loader: loader, says: says) { try $0.write(name, bytes) }
    }

    static func pth(_ name: String, _ names: [String], _ dtype: DType = .float32, says: String...) -> Row {
        Row(id: name, says: says) { try $0.write(name, PyTorchZipWriter.bytes(tensors(names, dtype))) }
    }

    /// A folder with a configuration.
    static func folder(_ name: String, _ config: JSONValue, says: String...) -> Row {
        Row(id: name, says: says) { folder in
            try folder.write("\(name)/config.json", config.encodedBytes())
            try folder.write("\(name)/model.safetensors", SafetensorsWriter.bytes(tensors(["model.embeddings.weight"])))
        }
    }

    static let generations: [Row] = TinyRWKV.generations.map { generation in
        let name = "rwkv-\(generation.replacing(" ", with: "-")).pth"
        return Row(id: name, loader: "rwkv-pth") { try tiny(generation).writePTH(to: $0, name: name) }
    }

    static let read: [Row] = [
        Row(id: "saved.safetensors", loader: "rwkv-pth") { try $0.write("saved.safetensors", SafetensorsWriter.bytes(tiny("7").tensors())) },
        Row(id: "trainer.pth", loader: "rwkv-pth") { folder in
            let wrapped = tiny("4").tensors().map { $0.named("_forward_module." + $0.name) }
            try folder.write("trainer.pth", PyTorchZipWriter.bytes(wrapped, wrapper: "state_dict"))
        },
        Row(id: "hf-4", loader: "rwkv-hf") { try tiny("4").writeHuggingFace(to: $0, name: "hf-4") },
        Row(id: "ORG/NAME", loader: "rwkv-hf") { try tiny("6").writeHuggingFace(to: $0, name: "ORG/NAME") },
        Row(id: "fla-heads", loader: "rwkv-hf") { try fixture("fla-heads", in: $0) },
        Row(id: "canonical-folded", loader: "rwkv-hf") { try fixture("canonical-folded", in: $0) },
    ]

    static func fixture(_ name: String, in folder: TemporaryFolder) throws {
        for file in ["config.json", "model.safetensors"] { try folder.write("\(name)/\(file)", Fixture.data("layouts/\(name)/\(file)")) }
    }

    static let named: [Row] = [
        file("llama.gguf", Array("GGUF".utf8) + [3, 0, 0, 0], says: "GGUF", "--extensions gguf"),
        Row(id: "cpp", says: ["rwkv.cpp", "--extensions rwkv-ggml"]) { try $0.write("cpp/m.bin", Array("fmgg".utf8) + [101, 0, 0, 0]) },
        file("a.rwkvq", Array("RWKVQ\0\u{1}\0".utf8) + [1, 0, 0, 0], says: "rwkv_lightning_cuda", ".pth file it was made from"),
        Row(id: "b.rwkvq", says: ["rwkv-quant", ".pth file it was made from"]) {
            try $0.write("b.rwkvq", SafetensorsWriter.bytes(tensors(["emb.weight::codes"], .uint8), metadata: ["rwkvq": "{}"]))
        },
        file("cut.rwkvq", [1, 2, 3, 0xFF], says: "a damaged file", ".pth file it was made from"),
        file("a.prefab", [0xA3, 0x64] + Array("info".utf8) + [0xA0], says: "web-rwkv", ".pth file it was made from"),
        file("a.onnx", [8, 7, 0x12, 4] + Array("test".utf8), says: "ONNX", ".pth file it was made from"),
        // What a file is, its bytes tell, not its name.
        file("prefab.pth", [0xBF, 0x67] + Array("context".utf8), says: "web-rwkv"),
        file("lightning.pth", Array("RWKVQ\0\u{1}\0".utf8), says: "rwkv_lightning_cuda"),
        file("gguf.safetensors", Array("GGUF".utf8) + [3, 0, 0, 0], says: "GGUF", "--extensions gguf"),
        Row(id: "midi/RWKV-4-MIDI.pth", loader: "rwkv-pth", says: ["WordLevel", "RWKV's models of MIDI music", "RWKV-Runner"]) { folder in
            try tiny("4").writePTH(to: folder, name: "midi/RWKV-4-MIDI.pth")
            try folder.write("midi/other.pth", PyTorchZipWriter.bytes(tensors(["blocks.0.att.key.lora_A"])))
            let words = (0..<300).map { "\"t\($0)\": \($0)" }.joined(separator: ", ")
            try folder.write("midi/tokenizer.json", #"{"model": {"type": "WordLevel", "vocab": {\#(words)}}}"#.utf8)
        },
        pth("midi/other.pth", ["blocks.0.att.key.lora_A"], says: "a LoRA adapter"),
        Row(id: "tts", loader: "rwkv-pth", says: ["a vocabulary of speech", "RWKV-TTS"]) { folder in
            try TinyRWKV(layers: 2, width: 16, vocabulary: 330).writePTH(to: folder, name: "tts/model.pth")
            let sounds = (300..<330).map { "\($0) 'SPCT_\($0)' 8\n" }.joined()
            try folder.write("tts/rwkv_vocab_v20230424.txt", (TinyRWKV.byteVocabulary(300) + sounds).utf8)
        },
        pth("lora.pth", ["blocks.0.att.key.lora_A", "blocks.0.att.key.lora_B"], says: "a LoRA adapter", "--adapter FILE"),
        pth("miss.pth", ["blocks.0.att.key.disha"], says: "a MiSS adapter", "--adapter FILE"),
        Row(id: "peft", says: ["an adapter", "--adapter"]) { folder in
            try folder.write("peft/adapter_config.json", "{}".utf8)
            try folder.write("peft/adapter_model.safetensors", SafetensorsWriter.bytes(tensors(["base_model.model.x.lora_A.weight"])))
        },
        pth("state.pth", ["blocks.0.att.time_state", "blocks.1.att.time_state"], says: "a tuned state", "--initial-state FILE"),
        pth("int8.pth", ["emb.weight", "blocks.0.att.key.weight", "blocks.0.att.key.weight.scale"], .int8, says: "int8", "--load-in-8bit"),
        pth("nf4.pth", ["emb.weight", "blocks.0.att.key.weight.nf4_b_scale"], .uint8, says: "NVFP4", "--load-in-8bit"),
        pth("v7b.pth", ["emb.weight", "blocks.0.qkv.qq.weight"], says: "RWKV-7b"),
        pth("optimizer.pth", ["state/0/exp_avg"], says: "optimiser"),
        folder("mlx", ["model_type": "rwkv7", "quantization": ["bits": 4]], says: "MLX", "--load-in-8bit"),
        folder("arwkv", ["model_type": "rwkv_hybrid"], says: "a hybrid of RWKV", "llama.cpp"),
        folder("hrwkv", ["model_type": "hxa079", "transformer_layers": [1]], says: "a hybrid of RWKV"),
        folder("respark", ["model_type": "rwkv7", "architectures": ["RWKV7ForSpeech"]], says: "a model of speech"),
        folder("llama", ["model_type": "llama"], says: "model_type \"llama\"", "Use an RWKV model"),
        Row(id: "weights-only", says: ["config.json"]) {
            try $0.write("weights-only/model.safetensors", SafetensorsWriter.bytes(tensors(["model.embeddings.weight"])))
        },
        file("half.pth.part", [1, 2], says: "still being downloaded"),
        file("page.pth", "<!doctype html>".utf8, says: "HTML page", "Download the file again"),
        file("pointer.pth", "version https://git-lfs.github.com/spec/v1\n".utf8, says: "git-lfs pointer", "git lfs pull"),
        file("empty.pth", [], says: "the file is empty"), file("packed.pth", [0x1F, 0x8B, 8, 0], says: "packed by gzip", "Unpack"),
        file("tool.json.bin", "{\"a\": 1}".utf8, says: "JSON text"),
    ]

    /// One run of the program over a folder with all of it.
    private static let listing = Task {
        let folder = try TemporaryFolder()
        for row in generations + read + named { try row.write(folder) }
        try folder.write("rwkv_vocab_v20230424.txt", TinyRWKV.byteVocabulary(300).utf8)
        let outcome = try await Program.run(["models", "--model-dir", folder.path, "--json"], folder: folder)
        let models = try JSONValue(parsing: outcome.output)["models"]?.arrayValue ?? []
        return Dictionary(models.map { ($0["id"]?.stringValue ?? "", $0) }, uniquingKeysWith: { first, _ in first })
    }

    @Test("what is listed, by whom, and with which words", arguments: generations + read + named)
    func row(_ row: Row) async throws {
        let model = try #require(try await Self.listing.value[row.id])
        #expect(model["loader"]?.stringValue == row.loader, "\(model.encoded())")
        let texts = (model["refusals"]?.arrayValue ?? []).compactMap(\.stringValue) + [model["obstacle"]?.stringValue ?? ""]
        for words in row.says { #expect(texts.contains { $0.contains(words) }, "\(words): \(texts)") }
    }

    @Test("nothing else is listed")
    func others() async throws {
        #expect(Set(try await Self.listing.value.keys) == Set((Self.generations + Self.read + Self.named).map(\.id)))
    }
}
