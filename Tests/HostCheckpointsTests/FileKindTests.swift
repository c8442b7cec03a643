import HostCheckpoints
import HostCore
import Support
import Testing

/// Files that are no checkpoints, or only the beginning of one.
struct FileKindTests {
    struct Foreign: Sendable, CustomTestStringConvertible {
        let name: String
        let bytes: [UInt8]
        let says: String
        var testDescription: String { name }

        init(_ name: String, _ bytes: some Sequence<UInt8>, says: String) {
            self.name = name
            self.bytes = Array(bytes)
            self.says = says
        }
    }

    private static let tar =
        [UInt8](repeating: 0x61, count: 257) + Array("ustar\u{0}00".utf8) + [UInt8](repeating: 0, count: 249)

    static let foreign: [Foreign] = [
        Foreign("empty", [], says: "the file is empty"),
        Foreign("three bytes", [1, 2, 3], says: "begins with 01 02 03"),
        Foreign("text", "once upon a time\nthere was".utf8, says: "looks like text, \"once upon a time\""),
        Foreign("html", "\n  <!DOCTYPE html><html>404</html>".utf8, says: "an HTML page"),
        Foreign("xml", "<?xml version=\"1.0\"?><Error/>".utf8, says: "an HTML page"),
        Foreign("json", "{\"weight_map\": {}}".utf8, says: "JSON text"),
        Foreign("lfs", "version https://git-lfs.github.com/spec/v1\noid sha256:00\n".utf8, says: "git-lfs pointer"),
        Foreign("zeros", [UInt8](repeating: 0, count: 4096), says: "nothing but zeros"),
        Foreign("tar", tar, says: "a tar archive"),
        Foreign("gzip", [0x1F, 0x8B, 8, 0, 0, 0], says: "packed by gzip"),
        Foreign("zstd", [0x28, 0xB5, 0x2F, 0xFD, 0, 0], says: "packed by zstd"),
        Foreign("GGUF", Array("GGUF".utf8) + [3, 0, 0, 0], says: "format GGUF, which the extension gguf reads"),
        Foreign("rwkv.cpp", Array("fmgg".utf8) + [101, 0, 0, 0], says: "format rwkv.cpp .bin, which the extension rwkv-ggml reads"),
        Foreign("ggml", Array("tjgg".utf8) + [1, 0, 0, 0], says: "format ggml .bin, no loader installed"),
        Foreign("rwkv_lightning_cuda", Array("RWKVQ\0\u{1}\0".utf8) + [1, 0, 0, 0, 2, 0, 0, 0], says: "quantised by rwkv_lightning_cuda"),
        Foreign("prefab", [0xA4, 0x67] + Array("context".utf8) + [0xF6, 0x64] + Array("info".utf8), says: "a prepared model of web-rwkv"),
        Foreign("prefab of unknown length", [0xBF, 0x64] + Array("info".utf8) + [0xBF], says: "a prepared model of web-rwkv"),
        Foreign("ONNX", [0x08, 0x07, 0x12, 0x07] + Array("pytorch".utf8) + [0x1A, 0x05], says: "an ONNX model"),
        Foreign(
            "rwkv-quant", SafetensorsWriter.bytes([FixtureTensor("emb.weight::codes", [2], [1, 2])], metadata: ["rwkvq": "{}"]),
            says: "quantised by rwkv-quant (.rwkvq, in safetensors)"),
        Foreign("pickle", [0x80, 4, 0x95, 1, 2, 3, 4, 5, 6, 7, 8], says: "bare pickle"),
        Foreign("empty zip", [0x50, 0x4B, 5, 6] + [UInt8](repeating: 0, count: 18), says: "an empty zip"),
        Foreign("npz", ZipWriter.bytes([.init("emb.npy", [1])]), says: "NumPy .npz"),
        Foreign("any zip", ZipWriter.bytes([.init("a.txt", [1])]), says: "a zip archive without data.pkl"),
        Foreign(
            "TorchScript", ZipWriter.bytes([.init("m/data.pkl", [0x80, 2]), .init("m/constants.pkl", [])]),
            says: "TorchScript archive, a program"),
    ]

    @Test("what is not a checkpoint is named", arguments: foreign)
    func named(foreign: Foreign) throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("model.pth", foreign.bytes)
        let error = try #require(throws: LoadError.self) { _ = try CheckpointReader.open(path: path) }
        #expect(error.subject == path)
        #expect(error.problem.contains(foreign.says))
        #expect(error.advice != nil)
    }

    @Test(
        "a format without a mark is told by its name, unless its bytes tell more",
        arguments: [
            ("model.rwkvq", "damaged file, or a new form"), ("model.prefab", "web-rwkv"), ("model.onnx", "ONNX"), ("model.RKLLM", "RKLLM"),
        ])
    func bySuffix(name: String, says: String) throws {
        let folder = try TemporaryFolder()
        let unknown = try folder.write(name, [7, 1, 2, 3, 0xFE, 0xFF, 0, 9, 9])
        let error = try #require(throws: LoadError.self) { _ = try CheckpointReader.open(path: unknown) }
        #expect(error.problem.contains(says) && error.kind == .unsupported)
        let page = try folder.write(name, "<!doctype html>".utf8)
        let other = try #require(throws: LoadError.self) { _ = try CheckpointReader.open(path: page) }
        #expect(other.problem.contains("HTML"))
    }

    @Test("the kind of a file is told by its content, not its name")
    func misnamed() throws {
        let folder = try TemporaryFolder()
        let model = TinyRWKV(layers: 1)
        let zip = try folder.write("model.safetensors", PyTorchZipWriter.bytes(model.tensors()))
        let safetensors = try folder.write("model.pth", SafetensorsWriter.bytes(model.huggingFaceTensors()))
        #expect(try CheckpointReader.open(path: zip).format == "PyTorch zip")
        #expect(try CheckpointReader.open(path: safetensors).format == "safetensors")
    }

    static let whole = [
        "models/rwkv4-tiny/rwkv4-tiny.pth", "models/rwkv4-tiny/rwkv4-tiny-legacy.pth",
        "models/rwkv4-tiny-hf/model.safetensors",
    ]

    @Test("a file cut short is called cut, with the bytes found and the bytes expected", arguments: whole)
    func cut(name: String) throws {
        let bytes = [UInt8](try Fixture.data(name))
        for count in [bytes.count / 10, bytes.count / 2, bytes.count - 1] {
            let error = try #require(throws: LoadError.self) {
                _ = try CheckpointReader.open(OwnedBytes(Array(bytes[..<count])), subject: "cut")
            }
            #expect(error.kind == .truncated)
            #expect(error.problem.contains("the file is cut: \(count) bytes, expected at least"))
        }
    }

    static let small = [
        "views.pth", "views-legacy.pth", "nested.pth", "views-zip64.pth", "st-good-padded-header.safetensors",
    ]

    @Test("no beginning of a file is taken for the whole, and none traps", arguments: small)
    func everyPrefix(name: String) throws {
        let bytes = [UInt8](try Fixture.data("checkpoints/pth-zoo/\(name)"))
        for count in 0..<bytes.count {
            #expect(throws: LoadError.self) {
                _ = try CheckpointReader.open(OwnedBytes(Array(bytes[..<count])), subject: "prefix")
            }
        }
    }

    @Test(
        "no changed byte traps",
        arguments: ["views.pth", "views-legacy.pth", "views-deflated.pth", "st-good-padded-header.safetensors"])
    func everyByte(name: String) throws {
        let bytes = [UInt8](try Fixture.data("checkpoints/pth-zoo/\(name)"))
        var refused = 0
        for position in bytes.indices {
            var changed = bytes
            changed[position] ^= 0xFF
            do {
                _ = try CheckpointReader.open(OwnedBytes(changed), subject: "changed").digests()
            } catch {
                refused += 1
            }
        }
        #expect(refused > 0)
    }
}
