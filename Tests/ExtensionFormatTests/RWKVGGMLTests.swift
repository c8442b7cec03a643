import Foundation
import HostCheckpoints
import HostCore
import Support
import Testing

/// Files of our own writer, which follows the format's document; there is no other writer of this format to be had.
@Suite("rwkv.cpp's files", .enabled(if: ShippedExtensions.canCompile, "there is no swiftc, or no interface of HostCore beside the tests"))
struct RWKVGGMLTests {
    static let generations = ["4", "5.0", "5.1", "5.2", "6", "7"]

    private func load(
        _ bytes: [UInt8], _ name: String = "model.bin"
    ) async throws -> (model: LoadedModel, checkpoint: any Checkpoint) {
        let folder = try TemporaryFolder()
        let builder = RecordingBuilder()
        let loader = try await ShippedExtensions.loader("rwkv-ggml", TestRegistrar(builder: builder, tokenizers: ByteTokenizers()))
        let loaded = try await loader.load(path: folder.write(name, bytes))
        return (loaded, try #require(builder.recipe).checkpoint)
    }

    @Test("an FP32 file gives the original tensors and the reference's logits", arguments: generations)
    func plain(_ generation: String) async throws {
        let golden = try GoldenModel(generation)
        let (loaded, checkpoint) = try await load(BinWriter(golden.checkpoint).bytes(.fp32))
        // Decays went through an exponential in fp32.
        let problems = try golden.differences(from: checkpoint) { $0.hasSuffix("time_decay") || $0.hasSuffix("time_first") ? 1e-4 : 0 }
        #expect(problems.isEmpty, "\(problems)")
        #expect(try golden.distance(of: loaded.model) <= 5e-5)
    }

    @Test("an FP16 file is used where it lies and gives the logits of rounded weights", arguments: generations)
    func half(_ generation: String) async throws {
        let golden = try GoldenModel(generation)
        let (loaded, checkpoint) = try await load(BinWriter(golden.checkpoint).bytes(.fp16))
        let tensor = try checkpoint.tensor("blocks.0.ffn.key.weight")
        #expect(tensor.dtype == .float16 && tensor.bytes is RegionSlice)
        #expect(try golden.distance(of: loaded.model) <= 0.05)
    }

    @Test("a quantised file gives logits near the reference's", arguments: BinWriter.Form.allCases.filter(\.isQuantised), ["4", "7"])
    func quantised(_ form: BinWriter.Form, _ generation: String) async throws {
        let golden = try GoldenModel(generation)
        let (loaded, checkpoint) = try await load(BinWriter(golden.checkpoint).bytes(form))
        let tensor = try checkpoint.tensor("blocks.0.ffn.key.weight")
        #expect(tensor.dtype == .float16)
        let original = try golden.checkpoint.tensor("blocks.0.ffn.key.weight").numbers
        let greatest = original.map(abs).max() ?? 0
        let step: Float = form == .q8_0 ? 1 / 127 : form == .q4_0 ? 1 / 7 : form == .q5_0 || form == .q4_1 ? 2 / 15 : 2 / 31
        #expect(zip(tensor.numbers, original).allSatisfy { abs($0 - $1) <= greatest * step * 0.6 })
        #expect(try golden.distance(of: loaded.model) <= (form == .q8_0 ? 0.15 : 4))
    }

    @Test("the tokenizer beside the file is found, and probing tells what is missing without it")
    func tokenizer() async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("model.bin", BinWriter(GoldenModel("4").checkpoint).bytes(.fp16))
        let loader = try await ShippedExtensions.loader("rwkv-ggml")
        let source = ModelSource(id: "model.bin", path: path, modelFolder: folder.path)
        guard case .accepts(1, let lacking, _) = loader.probe(source) else {
            Issue.record("it was refused")
            return
        }
        #expect(lacking.obstacle?.contains("20B_tokenizer.json") == true && lacking.architecture == "RWKV-4")
        try folder.write("20B_tokenizer.json", Fixture.data("models/rwkv4-tiny/20B_tokenizer.json"))
        let loaded = try await loader.load(path: path)
        #expect(loaded.tokenizer.kind == "byte-level BPE" && loaded.info.generation == "4")
    }

    @Test(
        "a file that is broken is refused with what is wrong",
        arguments: [
            ("no magic", "fmgg"), ("version 1", "version 1"), ("big-endian", "big-endian"), ("old quantised", "before May 2023"),
            ("cut", "beyond the file"), ("K format", "data type 12"), ("layers", "7 layers"), ("width", "the header says"),
            ("twice", "twice"), ("empty axis", "impossible shape"), ("five axes", "number of axes"),
        ])
    func broken(_ what: String, _ words: String) async throws {
        let writer = try BinWriter(GoldenModel("4").checkpoint)
        var file = writer.bytes(.q8_0, version: what == "old quantised" ? 100 : 101)
        switch what {
        case "no magic": file[0] = 0
        case "version 1": file[4] = 1
        case "big-endian": file.replaceSubrange(0..<4, with: file[0..<4].reversed())
        case "cut": file.removeLast(10)
        case "layers": file[16] = 7
        case "width": file[12] = 31
        case "K format": file += BinWriter.record(.init(name: "x", shape: [1], numbers: [1]), .fp32).replaced(8, with: 12)
        case "twice": file += BinWriter.record(writer.tensors[0], .fp32)
        case "empty axis": file += BinWriter.record(.init(name: "x", shape: [0], numbers: []), .fp32)
        case "five axes": file += BinWriter.record(.init(name: "x", shape: [1], numbers: [1]), .fp32).replaced(0, with: 5)
        default: break
        }
        let folder = try TemporaryFolder()
        let source = ModelSource(id: "model.bin", path: try folder.write("model.bin", file), modelFolder: folder.path)
        guard case .refuses(let reason) = try await ShippedExtensions.loader("rwkv-ggml").probe(source) else {
            Issue.record("\(what) was accepted")
            return
        }
        #expect(reason.contains(words), "\(reason)")
    }
}

extension [UInt8] {
    fileprivate func replaced(_ place: Int, with byte: UInt8) -> [UInt8] {
        var copy = self
        copy[place] = byte
        return copy
    }
}
