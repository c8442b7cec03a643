import HostCheckpoints
import HostCore
import Support
import Testing

/// Whole small models, as trainers and Hugging Face save them.
struct ModelFileTests {
    static let folders = [
        "rwkv4-tiny-hf", "rwkv4-tiny-hf-bin", "rwkv4-tiny-hf-sharded-safetensors", "rwkv4-tiny-hf-sharded-bin",
    ]

    @Test("all four kinds of Hugging Face folder hold the same tensors", arguments: folders)
    func foldersAgree(folder: String) throws {
        let reference = try CheckpointReader.openWeights(path: Fixture.path("models/rwkv4-tiny-hf"))
        let checkpoint = try CheckpointReader.openWeights(path: Fixture.path("models/\(folder)"))
        #expect(Set(checkpoint.names) == Set(reference.names))
        for name in reference.names { #expect(try checkpoint.digest(of: name) == reference.digest(of: name)) }
    }

    @Test("zip and legacy files hold the same tensors, and the Hugging Face folder the same under its names")
    func zipAndLegacyAgree() throws {
        let zip = try CheckpointReader.openWeights(path: Fixture.path("models/rwkv4-tiny/rwkv4-tiny.pth"))
        let legacy = try CheckpointReader.openWeights(path: Fixture.path("models/rwkv4-tiny/rwkv4-tiny-legacy.pth"))
        #expect(zip.names.count == 3 * 18 + 2 + 4)
        #expect(zip.format == "PyTorch zip")
        #expect(legacy.format == "PyTorch legacy")
        #expect(try zip.digests() == legacy.digests())
        let folder = try CheckpointReader.openWeights(path: Fixture.path("models/rwkv4-tiny-hf"))
        let pairs = [
            "emb.weight": "rwkv.embeddings.weight", "head.weight": "head.weight",
            "blocks.0.ln0.bias": "rwkv.blocks.0.pre_ln.bias",
            "blocks.2.att.time_mix_k": "rwkv.blocks.2.attention.time_mix_key",
            "blocks.1.ffn.value.weight": "rwkv.blocks.1.feed_forward.value.weight",
        ]
        for (name, other) in pairs { #expect(try zip.digest(of: name).sha256 == folder.digest(of: other).sha256) }
    }

    @Test("a bfloat16 file keeps its type and the canonical names")
    func bfloat16() throws {
        let checkpoint = try CheckpointReader.openWeights(path: Fixture.path("models/rwkv4-tiny/rwkv4-tiny-bf16.pth"))
        #expect(checkpoint.dtype(of: "emb.weight") == .bfloat16)
        #expect(checkpoint.shape(of: "emb.weight") == [512, 32])
        #expect(try checkpoint.tensor("emb.weight").bytes.count == 512 * 32 * 2)
    }

    @Test("the rwkv package's converted format can be looked at, and is refused by name for loading")
    func converted() throws {
        let path = Fixture.path("models/rwkv4-deep/rwkv4-deep-converted-cpu-fp32i8.pth")
        let checkpoint = try CheckpointReader.open(path: path)
        #expect(checkpoint.isConvertedByRWKVPackage)
        #expect(try checkpoint.digests().contains { $0.dtype == .uint8 })
        let error = try #require(throws: LoadError.self) { _ = try CheckpointReader.openWeights(path: path) }
        #expect(error.kind == .unsupported)
        #expect(error.problem.contains("converted by the rwkv package"))
    }

    @Test("what the test writers write is read back, byte for byte", arguments: [DType.float32, .float16, .bfloat16])
    func writersRoundTrip(dtype: DType) throws {
        let folder = try TemporaryFolder()
        var model = TinyRWKV(layers: 2, width: 8, vocabulary: 20, feedForward: 24, seed: 7)
        model.dtype = dtype
        let file = try CheckpointReader.openWeights(path: model.writePTH(to: folder))
        let huggingFace = try CheckpointReader.openWeights(path: model.writeHuggingFace(to: folder))
        #expect(file.names == model.tensors().map(\.name))
        for (tensor, other) in zip(model.tensors(), model.huggingFaceTensors()) {
            let read = try file.tensor(tensor.name)
            #expect(read.dtype == dtype && read.shape == tensor.shape && read.bytes.allBytes == tensor.bytes)
            #expect(try huggingFace.tensor(other.name).bytes.allBytes == tensor.bytes)
        }
    }

    @Test(
        "a trainer's wrapping stays in the names and comes off for loading",
        arguments: ["state_dict", "model", "module"])
    func wrapped(wrapper: String) throws {
        let folder = try TemporaryFolder()
        let tensors = TinyRWKV(layers: 1).tensors()
        let path = try folder.write("wrapped.pth", PyTorchZipWriter.bytes(tensors, wrapper: wrapper))
        #expect(try CheckpointReader.open(path: path).names == tensors.map { "\(wrapper)/\($0.name)" })
        let weights = try CheckpointReader.openWeights(path: path)
        #expect(weights.names == tensors.map(\.name))
        let tensor = try weights.tensor("emb.weight")
        #expect(tensor.name == "emb.weight" && tensor.bytes.allBytes == tensors[0].bytes)
        #expect(weights.shape(of: "\(wrapper)/emb.weight") == nil)
    }
}
