import Foundation
import HostCheckpoints
import HostCore
import Support
import Testing

/// Fixtures that `gguf`, llama.cpp's own Python package, has written (see `Fixtures/formats/generate.py`).
@Suite("llama.cpp's files", .enabled(if: ShippedExtensions.canCompile, "there is no swiftc, or no interface of HostCore beside the tests"))
struct GGUFTests {
    private func load(_ name: String) async throws -> (model: LoadedModel, checkpoint: any Checkpoint) {
        let builder = RecordingBuilder()
        let loader = try await ShippedExtensions.loader("gguf", TestRegistrar(builder: builder))
        let loaded = try await loader.load(path: Fixture.path("formats/\(name)"))
        return (loaded, try #require(builder.recipe).checkpoint)
    }

    @Test("an F32 file gives the original tensors and the reference's logits", arguments: ["6", "7"])
    func plain(_ generation: String) async throws {
        let golden = try GoldenModel(generation)
        let (loaded, checkpoint) = try await load("rwkv\(generation)-tiny.gguf")
        let problems = try golden.differences(from: checkpoint) { _ in 0 }
        #expect(problems.isEmpty, "\(problems)")
        #expect(try golden.distance(of: loaded.model) <= 5e-5)
        #expect(loaded.info.generation == generation && loaded.info.vocabularySize == 320)
    }

    @Test("tensors at odd places give the same logits", arguments: 1..<4)
    func unaligned(shift: Int) async throws {
        let loader = try await ShippedExtensions.loader("gguf", TestRegistrar(files: ShiftedFiles(shift: shift)))
        let loaded = try await loader.load(path: Fixture.path("formats/rwkv7-tiny.gguf"))
        #expect(try GoldenModel("7").distance(of: loaded.model) <= 5e-5)
    }

    @Test("a hybrid is called one", arguments: ["arwkv7", "rwkv6qwen2"])
    func hybrids(architecture: String) async throws {
        let folder = try TemporaryFolder(), loader = try await ShippedExtensions.loader("gguf")
        var writer = GGUFWriter(tensors: [("a", 0, [1], [0, 0, 0, 0])])
        writer.values = [.text("general.architecture", architecture)]
        let path = try folder.write("m.gguf", writer.bytes)
        guard case .refuses(let reason) = loader.probe(ModelSource(id: "m.gguf", path: path, modelFolder: folder.path)) else {
            Issue.record("accepted")
            return
        }
        #expect(reason.contains("hybrid of RWKV") && reason.contains("llama.cpp"))
    }

    @Test(
        "a quantised file gives logits near the reference's",
        arguments: [
            ("rwkv7-tiny-q8_0.gguf", "7", 0.15), ("rwkv6-tiny-q5_1.gguf", "6", 1.5),
        ])
    func quantised(_ file: String, _ generation: String, _ tolerance: Float) async throws {
        let golden = try GoldenModel(generation)
        let (loaded, checkpoint) = try await load(file)
        #expect(checkpoint.dtype(of: "blocks.1.ffn.value.weight") == .float16)
        #expect(checkpoint.dtype(of: "blocks.1.ln1.weight") == .float32)
        #expect(try golden.distance(of: loaded.model) <= tolerance)
    }

    @Test("the vocabulary inside is the tokenizer: escapes undone, fillers left out")
    func vocabulary() async throws {
        let tokenizer = try await load("rwkv7-tiny.gguf").model.tokenizer
        let pieces = try JSONValue(parsing: Array(Fixture.data("formats/tokens.json"))).arrayValue?.compactMap(\.stringValue) ?? []
        #expect(pieces.count > 256 && tokenizer.vocabularySize == pieces.count + 1)
        for (index, piece) in pieces.enumerated() { #expect(tokenizer.bytes(of: index + 1) == Self.bytes(piece)) }
        #expect(tokenizer.isSpecial(0) && tokenizer.piece(of: 0) == "<s>")
        for text in ["the the\n\n", "é你 a'b \\n\t\r", "it's \"so\""] {
            #expect(tokenizer.decode(tokenizer.encode(text, parsesSpecialTokens: false)) == text)
        }
        #expect(tokenizer.encode("\n\n", parsesSpecialTokens: false) == [257])
    }

    @Test("a name in place of a chat template is not a template, and 0 ends a text")
    func promptFormat() async throws {
        let promptFormat = try await load("rwkv6-tiny.gguf").model.promptFormat
        #expect(promptFormat.chatTemplate == nil && promptFormat.endOfTextTokens == [0])
    }

    /// Rows of every block format, with the numbers that the same package reads from them.
    @Test("blocks are decoded to the numbers of llama.cpp's package, rounded to fp16")
    func blocks() async throws {
        let cases = try JSONValue(parsing: Array(Fixture.data("formats/blocks.json"))).arrayValue ?? []
        #expect(cases.count == 8)
        for entry in cases {
            let format = try #require(entry["format"]?.stringValue)
            let bytes = Self.bytes(try #require(entry["bytes"]?.stringValue))
            let expected = (entry["numbers"]?.arrayValue ?? []).compactMap { $0.doubleValue.map { Float(Float16($0)) } }
            let file = GGUFWriter(tensors: [("x", Self.code(format), [2, expected.count / 2], bytes)]).bytes
            let tensor = try await Self.tensor("x", of: file)
            #expect(tensor.dtype == .float16 && tensor.numbers.map(\.bitPattern) == expected.map(\.bitPattern), "\(format)")
        }
    }

    @Test("bf16 and unaligned ends are used where they lie")
    func plainTypes() async throws {
        let file = GGUFWriter(tensors: [("a", 30, [3], [0x80, 0x3F, 0, 0x40, 0x40, 0x40]), ("b", 1, [1, 1], [0, 0x3C])]).bytes
        let (a, b) = (try await Self.tensor("a", of: file), try await Self.tensor("b", of: file))
        #expect(a.dtype == .bfloat16 && a.numbers == [1, 2, 3] && a.bytes is RegionSlice)
        #expect(b.dtype == .float16 && b.numbers == [1])
    }

    /// What the loader presents, caught on its way to a builder that would refuse it.
    private static func tensor(_ name: String, of file: [UInt8]) async throws -> CheckpointTensor {
        let catcher = CatchingBuilder()
        let loader = try await ShippedExtensions.loader("gguf", TestRegistrar(builder: catcher))
        let folder = try TemporaryFolder()
        _ = loader.probe(ModelSource(id: "x", path: try folder.write("x.gguf", file), modelFolder: folder.path))
        return try #require(catcher.checkpoint, "the file was refused").tensor(name)
    }

    static func bytes(_ hex: String) -> [UInt8] {
        stride(from: 0, to: hex.utf8.count, by: 2).compactMap { UInt8(hex.dropFirst($0).prefix(2), radix: 16) }
    }

    private static func code(_ format: String) -> UInt32 {
        ["Q4_0": 2, "Q4_1": 3, "Q5_0": 6, "Q5_1": 7, "Q8_0": 8, "Q4_K": 12, "Q5_K": 13, "Q6_K": 14][format] ?? .max
    }

    @Test(
        "a file that is broken is refused with what is wrong",
        arguments: [
            ("magic", "letters GGUF"), ("version", "GGUF version 9"), ("big-endian", "big-endian"), ("cut", "beyond the file"),
            ("architecture", "llama"), ("type", "ggml type 16"), ("unaligned", "no multiple of 32"), ("overlap", "another tensor"),
            ("alignment", "not a power of two"), ("key twice", "is there twice"), ("parts", "one part of several"),
            ("far", "beyond the file"), ("claims", "the number of tensors"), ("deep", "lists in lists"), ("row", "impossible shape"),
        ])
    func broken(_ what: String, _ words: String) async throws {
        var writer = GGUFWriter(tensors: [("a", 0, [8], [UInt8](repeating: 0, count: 32)), ("b", 0, [8], [UInt8](repeating: 0, count: 32))])
        switch what {
        case "architecture": writer.values[0] = .text("general.architecture", "llama")
        case "type": writer.tensors[1].code = 16
        case "unaligned": writer.offsets = [0, 40]
        case "overlap": writer.offsets = [0, 0]
        case "far": writer.offsets = [0, 1 << 62]
        case "alignment": writer.values.append(.number("general.alignment", 24))
        case "key twice": writer.values.append(.number("x", 1)); writer.values.append(.number("x", 2))
        case "parts": writer.values.append(.number("split.count", 3))
        case "deep": writer.values.append(.nested("x", 9))
        case "row": writer.tensors[1].code = 8
        default: break
        }
        var file = writer.bytes
        switch what {
        case "magic": file[0] = 0
        case "version": file[4] = 9
        case "big-endian": file[4] = 0; file[7] = 3
        case "cut": file.removeLast(8)
        case "claims": file.replaceSubrange(8..<16, with: [UInt8](repeating: 0x7F, count: 8))
        default: break
        }
        let folder = try TemporaryFolder()
        let source = ModelSource(id: "x.gguf", path: try folder.write("x.gguf", file), modelFolder: folder.path)
        guard case .refuses(let reason) = try await ShippedExtensions.loader("gguf").probe(source) else {
            Issue.record("\(what) was accepted")
            return
        }
        #expect(reason.contains(words), "\(reason)")
    }
}
