import Foundation
import HostCore
import RWKVModels
import Support
import TestDevices
import Testing

@testable import HostCheckpoints
@testable import RWKVLoaderPTH

@Suite("Weights that lie at odd places of a file")
struct UnalignedTests {
    static let loader = PTHLoader(builder: RWKVModelBuilder(log: .silent))

    static func tiny(_ generation: String, _ dtype: DType) -> TinyRWKV {
        var tiny = TinyRWKV(layers: 2, width: 16, vocabulary: 300)
        (tiny.generation, tiny.dtype) = (generation, dtype)
        return tiny
    }

    static func logits(_ bytes: [UInt8], _ strategy: String) async throws -> [Float] {
        let folder = try TemporaryFolder()
        let path = try folder.write("m.pth", bytes)
        try folder.write("rwkv_vocab_v20230424.txt", TinyRWKV.byteVocabulary(300).utf8)
        var options = LoadOptions()
        options.strategy = strategy
        let loaded = try await loader.load(
            ModelSource(id: "m.pth", path: path, modelFolder: folder.path), options: options
        ) { _ in }
        var rows = [BatchEntry(tokens: [1, 70, 260, 9], state: loaded.model.makeState(), output: .lastLogits)]
        try loaded.model.forward(&rows)
        return rows[0].logits
    }

    /// A `.pth` as another program zips it: records at any place.
    static func zipped(_ tensors: [FixtureTensor], folder: String) throws -> [UInt8] {
        let whole = try ZipArchive(OwnedBytes(PyTorchZipWriter.bytes(tensors, folder: folder)), subject: "a")
        let entries = try whole.entries.map { entry in
            ZipWriter.Entry(entry.name, try whole.region(of: entry).allBytes)
        }
        return ZipWriter.bytes(entries, alignment: 1)
    }

    /// Each element type and each way of holding weights, and every generation's own tensors, once; a load takes its time in
    /// a debug build.
    static let readings: [(generation: String, dtype: DType, strategy: String)] = [
        ("4", .float32, "cpu fp32"), ("6", .bfloat16, "cpu bf16"), ("7 DeepEmbed", .float16, "cpu fp32i8"),
        ("8 rc00", .bfloat16, "cpu fp32"),
    ]

    @Test("the logits are those of the aligned file, to the bit", arguments: readings)
    func logits(generation: String, dtype: DType, strategy: String) async throws {
        let tensors = Self.tiny(generation, dtype).tensors()
        let expected = try await Self.logits(PyTorchZipWriter.bytes(tensors), strategy)
        #expect(expected.contains { $0 != 0 })
        for name in ["a", "ab", "abc"] {
            #expect(try await Self.logits(Self.zipped(tensors, folder: name), strategy) == expected, "\(name)")
        }
    }
}
