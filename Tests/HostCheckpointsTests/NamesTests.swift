import Foundation
import HostCore
import Support
import Testing

@testable import HostCheckpoints

@Suite("Names of tensors, and what is around them")
struct NamesTests {
    static let wrappers: [@Sendable (String) -> String] = [
        { "module." + $0 }, { "_forward_module." + $0 }, { "model." + $0 }, { "_orig_mod." + $0 }, { "module.model." + $0 },
        { "_forward_module.module._orig_mod." + $0 }, { "rwkv." + $0 },
        { $0.replacing("blocks.0.", with: "blocks.0._orig_mod.").replacing("blocks.1.", with: "blocks.1._fsdp_wrapped_module.") },
    ]

    @Test("every trainer's wrapping comes off, also inside its dictionaries", arguments: wrappers.indices, [nil, "state_dict", "model_state_dict"])
    func wrapped(index: Int, dictionary: String?) throws {
        let folder = try TemporaryFolder(), original = TinyRWKV(layers: 2).tensors()
        let tensors = original.map { $0.named(Self.wrappers[index]($0.name)) }
        let bytes = if let dictionary { PyTorchZipWriter.bytes(tensors, wrapper: dictionary) } else { PyTorchZipWriter.bytes(tensors) }
        let weights = try CheckpointReader.openWeights(path: folder.write("a.pth", bytes))
        #expect(weights.names == original.map(\.name))
        #expect(try weights.tensor("head.weight").bytes.allBytes == original.last?.bytes)
    }

    @Test("two models in one file are not mixed: what is left over keeps its name")
    func twoModels() throws {
        let folder = try TemporaryFolder(), tensors = TinyRWKV(layers: 1).tensors()
        let both = tensors.map { $0.named("model." + $0.name) } + tensors.map { $0.named("module." + $0.name) }
        let weights = try CheckpointReader.openWeights(path: folder.write("a.pth", PyTorchZipWriter.bytes(both)))
        #expect(weights.names == both.map(\.name))
    }

    /// What web-rwkv's converter makes of a tensor.
    static func converted(_ tensor: FixtureTensor) -> FixtureTensor {
        var tensor = tensor
        let turned = [
            "time_maa_w1", "time_maa_w2", "time_decay_w1", "time_decay_w2", "w1", "w2", "a1", "a2", "g1", "g2", "v1", "v2",
        ]
        if let part = tensor.name.split(separator: ".").last, turned.contains(String(part)) {
            let rows = tensor.shape[tensor.shape.count - 2], columns = tensor.shape[tensor.shape.count - 1]
            let size = tensor.dtype.size, matrix = rows * columns * size
            tensor.bytes = (0..<tensor.bytes.count / matrix).flatMap { number in
                (0..<columns).flatMap { column in
                    (0..<rows).flatMap { row in
                        let place = number * matrix + (row * columns + column) * size
                        return Array(tensor.bytes[place..<place + size])
                    }
                }
            }
            tensor.shape.swapAt(tensor.shape.count - 1, tensor.shape.count - 2)
        }
        tensor.name = tensor.name.replacing("time_faaaa", with: "time_first").replacing("time_maa", with: "time_mix").lowercased()
        return tensor
    }

    @Test(
        "an .st file of web-rwkv holds the original's tensors again, and one that was only saved as safetensors stays as it is",
        arguments: ["4", "5.2", "6", "7"])
    func webRWKV(generation: String) throws {
        let folder = try TemporaryFolder()
        var tiny = TinyRWKV(layers: 2)
        (tiny.generation, tiny.dtype) = (generation, .float16)
        let original = tiny.tensors()
        for tensors in [original, original.map(Self.converted)] {
            let weights = try CheckpointReader.openWeights(path: folder.write("model.st", SafetensorsWriter.bytes(tensors)))
            #expect(weights.names == original.map(\.name))
            for tensor in original {
                let read = try weights.tensor(tensor.name)
                #expect(read.shape == tensor.shape && read.bytes.allBytes == tensor.bytes, "\(tensor.name)")
            }
        }
    }

    static let foreign: [(names: [String], dtype: DType, says: String)] = [
        (["blocks.0.att.time_state", "blocks.1.att.time_state"], .float32, "--initial-state"),
        (["blocks.0.att.key.lora_A", "blocks.0.att.key.lora_B"], .float32, "a LoRA adapter"),
        (["base_model.model.blocks.0.att.key.lora_A.weight"], .float32, "--adapter FILE"),
        (["blocks.0.att.key.disha"], .float32, "a MiSS adapter"), (["blocks.0.att.key.miss_block"], .float32, "a MiSS adapter"),
        (["blocks.0.att.key.init_lora_A"], .float32, "PiSSA"),
        (["emb.weight", "blocks.0.att.key.weight", "blocks.0.att.key.weight.scale"], .int8, "int8"),
        (["emb.weight", "blocks.0.att.key.weight", "blocks.0.att.key.weight.nf4_b_scale"], .uint8, "NVFP4"),
        (["model.layers.0.attn.k_proj.weight", "model.layers.0.attn.k_proj.scales"], .uint32, "MLX"),
        (["model.layers.0.attn.k_proj.qweight", "model.layers.0.attn.k_proj.qzeros"], .int32, "GPTQ"),
        (["model.layers.0.attn.k_proj.weight", "model.layers.0.attn.k_proj.weight.absmax"], .uint8, "bitsandbytes"),
        (["emb.weight", "blocks.0.qkv.qq.weight"], .float32, "RWKV-7b"),
        (["model.layers.0.self_attn.q_proj.weight"], .float32, "hybrid of RWKV"),
    ]

    @Test("a file of tensors that is not a model is called what it is, with what to do", arguments: foreign.indices)
    func foreignTensors(index: Int) throws {
        let (names, dtype, says) = Self.foreign[index], folder = try TemporaryFolder()
        let tensors = names.map { FixtureTensor($0, dtype, [2], bytes: [UInt8](repeating: 0, count: 2 * dtype.size)) }
        let path = try folder.write("a.pth", SafetensorsWriter.bytes(tensors))
        let error = try #require(throws: LoadError.self) { _ = try CheckpointReader.openWeights(path: path) }
        #expect(error.description.contains(says) && error.kind == .unsupported, "\(error)")
        // They can be looked at, and an adapter can be opened as one.
        #expect(try CheckpointReader.open(path: path).names == names)
    }

    @Test("data at odd places is read as well as any other", arguments: 0..<8)
    func unaligned(padding: Int) throws {
        let tensors = TinyRWKV(layers: 1).tensors(), aligned = SafetensorsWriter.bytes(tensors)
        let length = aligned[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
        var file = UInt64(length + padding).littleEndianBytes
        file += aligned[8..<8 + length]
        file += [UInt8](repeating: UInt8(ascii: " "), count: padding)
        file += aligned[(8 + length)...]
        let checkpoint = try CheckpointReader.open(OwnedBytes(file), subject: "odd")
        for tensor in tensors { #expect(try checkpoint.tensor(tensor.name).bytes.allBytes == tensor.bytes) }
    }
}
