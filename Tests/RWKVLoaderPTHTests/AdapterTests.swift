import Foundation
import HostCheckpoints
import HostCore
import RWKVModels
import Support
import TestDevices
import Testing

@testable import RWKVLoaderPTH

@Suite("Adapters, and RWKV-8 rc00")
struct AdapterTests {
    static let loader = PTHLoader(builder: RWKVModelBuilder(log: .silent))

    static func expected(_ name: String) throws -> (tokens: [Int], logits: [Float]) {
        let golden = try JSONValue(parsing: Array(Fixture.data("layouts/golden.json")))
        let logits = try #require(golden[name]?.arrayValue).compactMap { $0.doubleValue.map(Float.init) }
        return (try #require(golden["tokens"]?.arrayValue).compactMap(\.intValue), logits)
    }

    /// A folder with the base model and its tokenizer.
    static func base() throws -> (folder: TemporaryFolder, source: ModelSource) {
        let folder = try TemporaryFolder()
        let path = try folder.write("rc00.safetensors", Fixture.data("layouts/rc00/rwkv-8-rc00.safetensors"))
        try folder.write("rwkv_vocab_v20230424.txt", TinyRWKV.byteVocabulary(272).utf8)
        return (folder, ModelSource(id: "rc00.safetensors", path: path, modelFolder: folder.path))
    }

    static func logits(_ source: ModelSource, _ adapters: [AdapterOption]) async throws -> [Float] {
        var options = LoadOptions()
        options.adapters = adapters
        let loaded = try await loader.load(source, options: options) { _ in }
        #expect(loaded.info.generation == "8 rc00")
        var rows = [BatchEntry(tokens: try expected("rc00").tokens, state: loaded.model.makeState(), output: .lastLogits)]
        try loaded.model.forward(&rows)
        return rows[0].logits
    }

    static func error(_ adapters: [AdapterOption]) async throws -> String {
        let (folder, source) = try base()
        defer { withExtendedLifetime(folder) {} }
        do {
            _ = try await logits(source, adapters)
            return ""
        } catch let error as LoadError {
            return error.description
        }
    }

    static func path(_ name: String) -> String { Fixture.path("layouts/adapters/\(name)") }

    @Test("RWKV-8 rc00, in a safetensors file under the original names, gives the formulas' logits")
    func rc00() async throws {
        let (folder, source) = try Self.base()
        let logits = try await Self.logits(source, [])
        #expect(zip(logits, try Self.expected("rc00").logits).allSatisfy { abs($0 - $1) <= 5e-5 })
        withExtendedLifetime(folder) {}
    }

    @Test("LoRA and MiSS merge as the trainers' own tools merge them", arguments: ["lora", "miss"])
    func merged(name: String) async throws {
        let (folder, source) = try Self.base()
        let logits = try await Self.logits(source, [AdapterOption(path: Self.path("\(name).safetensors"))])
        let expected = try Self.expected(name).logits
        #expect(zip(logits, expected).allSatisfy { abs($0 - $1) <= 2e-3 }, "\(zip(logits, expected).map { abs($0 - $1) }.max() ?? 0)")
        withExtendedLifetime(folder) {}
    }

    @Test("α is said by a file beside the adapter, or by the user, or asked for")
    func alpha() async throws {
        let (folder, source) = try Self.base()
        let copy = try folder.write("copy.safetensors", Data(contentsOf: URL(filePath: Self.path("lora.safetensors"))))
        let silent = await #expect(throws: LoadError.self) { try await Self.logits(source, [AdapterOption(path: copy)]) }
        #expect(silent?.problem.contains("α is unknown") == true && silent?.advice?.contains(":alpha=") == true)
        let said = try await Self.logits(source, [AdapterOption(parsing: copy + ":alpha=6")])
        #expect(zip(said, try Self.expected("lora").logits).allSatisfy { abs($0 - $1) <= 2e-3 })
        try folder.write("copy.json", #"{"lora_alpha": 6, "r": 4}"#.utf8)
        let rank = await #expect(throws: LoadError.self) { try await Self.logits(source, [AdapterOption(path: copy)]) }
        #expect(rank?.problem == "has rank 3, but its configuration says 4")
        #expect(throws: LoadError.self) { try AdapterOption(parsing: "x.pth:alpha=much") }
        #expect(try AdapterOption(parsing: "a:b.pth") == AdapterOption(path: "a:b.pth"))
    }

    @Test("adapters apply one after another, and the plan names them")
    func several() async throws {
        let (folder, source) = try Self.base()
        let one = AdapterOption(path: Self.path("miss.safetensors")), other = AdapterOption(path: Self.path("lora.safetensors"))
        let both = try await Self.logits(source, [one, other]), alone = try await Self.logits(source, [one])
        #expect(zip(both, alone).contains { abs($0 - $1) > 0.05 })
        var options = LoadOptions()
        options.adapters = [one, other]
        let plan = try await Self.loader.load(source, options: options) { _ in }.info.plan
        #expect(plan.hasSuffix(" + miss.safetensors + lora.safetensors"))
        withExtendedLifetime(folder) {}
    }

    @Test("a folder of PEFT is read, with the names of its layers")
    func folderOfPEFT() async throws {
        let (folder, source) = try Self.base()
        let lora = try CheckpointReader.open(path: Self.path("lora.safetensors"))
        let tensors = try lora.names.filter { $0.contains("lora_") }.map { name in
            let tensor = try lora.tensor(name)
            let long = "base_model.model.model." + name.replacing("att.key", with: "attn.k_proj") + ".default.weight"
            return FixtureTensor(long, tensor.dtype, tensor.shape, bytes: tensor.bytes.allBytes)
        }
        try folder.write("peft/adapter_model.safetensors", SafetensorsWriter.bytes(tensors))
        try folder.write("peft/adapter_config.json", #"{"peft_type": "LORA", "lora_alpha": 6, "r": 3}"#.utf8)
        let logits = try await Self.logits(source, [AdapterOption(path: folder.path + "/peft")])
        #expect(zip(logits, try Self.expected("rc00").logits).contains { abs($0 - $1) > 0.05 })
        #expect(AdapterFolder.refusal(folder.path + "/peft")?.problem.contains("an adapter") == true)
    }

    static let misfits: [(name: String, tensors: [FixtureTensor], says: String)] = [
        ("another model's name", [zeros("blocks.9.att.key.disha", [2, 32])], "changes blocks.9.att.key.weight, which the model does not have"),
        ("another width", [zeros("blocks.0.att.key.disha", [2, 16])], "must be [r, 32]"),
        ("a shape of another kind", [zeros("blocks.0.att.key.disha", [3, 3, 3])], "must be [in / r, r, r]"),
        ("half of a pair", [zeros("blocks.0.att.key.lora_A", [2, 32])], "but not blocks.0.att.key.lora_B"),
        ("ranks that differ", [zeros("blocks.0.att.key.lora_A", [2, 32]), zeros("blocks.0.att.key.lora_B", [32, 3])], "[r, in] and [out, r]"),
        ("another size of a whole tensor", [zeros("blocks.0.ln1.weight", [31])], "but the model's blocks.0.ln1.weight is [32]"),
        ("DoRA", [zeros("blocks.0.att.key.lora_magnitude_vector", [32])], "a length of DoRA"),
        ("whole numbers", [FixtureTensor("blocks.0.att.key.disha", .int8, [2, 32], bytes: [UInt8](repeating: 0, count: 64))], "floating-point"),
    ]

    static func zeros(_ name: String, _ shape: [Int]) -> FixtureTensor {
        FixtureTensor(name, shape, [Float](repeating: 0, count: shape.reduce(1, *)))
    }

    @Test("what does not fit the base is named before anything is loaded", arguments: misfits.indices)
    func misfit(index: Int) async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("adapter.pth", PyTorchZipWriter.bytes(Self.misfits[index].tensors))
        let error = try await Self.error([AdapterOption(path: path, alpha: 2)])
        #expect(error.contains(Self.misfits[index].says), "\(Self.misfits[index].name): \(error)")
    }

    @Test("a whole model is not taken for an adapter, and neither is a text")
    func noAdapter() async throws {
        let folder = try TemporaryFolder()
        let model = try TinyRWKV(layers: 1, width: 8).writePTH(to: folder)
        let whole = try await Self.error([AdapterOption(path: model)])
        #expect(whole.contains("Load the base model that the adapter was trained on"), "\(whole)")
        let text = try folder.write("a.txt", "hello".utf8)
        #expect(try await Self.error([AdapterOption(path: text)]).contains("looks like text"))
        #expect(try await Self.error([AdapterOption(path: folder.path + "/nothing")]).contains("no such file"))
    }
}
