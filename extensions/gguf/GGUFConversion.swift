import Dispatch
import HostCore

/// Gives llama.cpp's tensors the names, shapes and values of the original `.pth` file.
///
/// - Source: llama.cpp, `convert_hf_to_gguf.py`, classes `Rwkv6Model` and `Rwkv7Model`, and the names in `gguf-py`.
struct GGUFConversion {
    private(set) var checkpoint: ConvertedCheckpoint
    private let isSeven: Bool
    /// Channels of a head; RWKV-7's only, whose tensors do not say.
    private let headSize: Int
    /// Layers after which llama.cpp halves the residual stream, and expects smaller outputs; 0 for never.
    private let rescaleEvery: Int

    init(of file: GGUFFile) throws(LoadError) {
        if ["arwkv7", "rwkv6qwen2"].contains(file.architecture) {
            throw LoadError(
                .unsupported, file.subject, "is a hybrid of RWKV with layers of a transformer (\(file.architecture))",
                advice: "Use llama.cpp for it, or a pure RWKV here.")
        }
        guard ["rwkv6", "rwkv7"].contains(file.architecture) else {
            throw LoadError(
                .unsupported, file.subject, "holds the architecture \"\(file.architecture.prefix(40))\"",
                advice: "This loader reads rwkv6 and rwkv7.")
        }
        guard file.values["split.count"]?.integer ?? 1 <= 1 else {
            throw LoadError(.unsupported, file.subject, "is one part of several", advice: "Join them with llama-gguf-split --merge.")
        }
        checkpoint = ConvertedCheckpoint(format: "GGUF", loop: DispatchQueue.concurrentPerform)
        isSeven = file.architecture == "rwkv7"
        headSize = file.values["\(file.architecture).wkv.head_size"]?.integer ?? 64
        rescaleEvery = file.values["\(file.architecture).rescale_every_n_layers"]?.integer ?? 0
        guard headSize > 0, rescaleEvery >= 0 else { throw file.corrupt("has a negative head size or rescaling") }
        for (name, tensor) in file.tensors { try add(name, tensor) }
    }

    private mutating func add(_ name: String, _ tensor: StoredTensor) throws(LoadError) {
        let parts = name.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, parts[0] == "blk", let block = Int(parts[1]) else {
            return try checkpoint.add(Self.outside[name] ?? name, ConvertedTensor(tensor))
        }
        let part = parts[2].hasSuffix(".weight") ? String(parts[2].dropLast(7)) : parts[2]
        if part == "time_mix_lerp_fused" { return try split(name, tensor, block: block) }
        // llama.cpp wants them in the first layer too, where they are copies of others that are never read.
        if isSeven, block == 0, ["time_mix_v0", "time_mix_v1", "time_mix_v2"].contains(part) { return }
        guard let own = (isSeven ? Self.seven : Self.six)[part] ?? Self.common[part] else {
            return try checkpoint.add(name, ConvertedTensor(tensor))
        }
        try checkpoint.add("blocks.\(block).\(own)", try derived(own, tensor, block: block))
    }

    private func derived(_ own: String, _ tensor: StoredTensor, block: Int) throws(LoadError) -> ConvertedTensor {
        switch own {
        case "att.time_maa_w1", "att.time_maa_w2", "att.time_decay_w1", "att.time_decay_w2",
            "att.w1", "att.w2", "att.a1", "att.a2", "att.v1", "att.v2", "att.g1", "att.g2":
            guard tensor.shape.count >= 2 else { throw LoadError(.corrupt, own, "has shape \(tensor.shape), which is not a matrix") }
            var shape = tensor.shape
            shape.swapAt(shape.count - 1, shape.count - 2)
            return ConvertedTensor(tensor, shape: shape, .transposed)
        case "att.r_k":
            let count = tensor.shape.reduce(1, *)
            guard count % headSize == 0 else {
                throw LoadError(.corrupt, own, "has \(count) numbers, which are not whole heads of \(headSize)")
            }
            return ConvertedTensor(tensor, shape: [count / headSize, headSize])
        case "att.output.weight", "ffn.value.weight":
            let halvings = rescaleEvery > 0 ? min(block / rescaleEvery, 64) : 0
            return ConvertedTensor(tensor, halvings > 0 ? .scaled(Float(sign: .plus, exponent: halvings, significand: 1)) : .none)
        default: return ConvertedTensor(tensor)
        }
    }

    /// The token shifts of a layer are one tensor in the file.
    private mutating func split(_ name: String, _ tensor: StoredTensor, block: Int) throws(LoadError) {
        let names =
            isSeven
            ? ["r", "w", "k", "v", "a", "g"].map { "att.x_" + $0 } : ["w", "k", "v", "r", "g"].map { "att.time_maa_" + $0 }
        guard tensor.shape[0] == names.count else {
            throw LoadError(.corrupt, name, "has shape \(tensor.shape), which is not \(names.count) vectors")
        }
        for (index, own) in names.enumerated() {
            let one = try tensor.part(index, of: names.count)
            try checkpoint.add("blocks.\(block).\(own)", ConvertedTensor(one, shape: [one.shape.reduce(1, *)]))
        }
    }

    private static let outside = [
        "token_embd.weight": "emb.weight", "output.weight": "head.weight",
        "token_embd_norm.weight": "blocks.0.ln0.weight", "token_embd_norm.bias": "blocks.0.ln0.bias",
        "output_norm.weight": "ln_out.weight", "output_norm.bias": "ln_out.bias",
    ]

    /// Names of a block's tensors; those of weights without their last part.
    private static let common = [
        "attn_norm": "ln1.weight", "attn_norm.bias": "ln1.bias",
        "attn_norm_2": "ln2.weight", "attn_norm_2.bias": "ln2.bias",
        "time_mix_ln": "att.ln_x.weight", "time_mix_ln.bias": "att.ln_x.bias",
        "time_mix_receptance": "att.receptance.weight", "time_mix_key": "att.key.weight",
        "time_mix_value": "att.value.weight", "time_mix_output": "att.output.weight",
        "channel_mix_key": "ffn.key.weight", "channel_mix_value": "ffn.value.weight",
    ]

    private static let six = [
        "time_mix_lerp_x": "att.time_maa_x", "time_mix_lerp_w": "att.time_maa_w", "time_mix_lerp_k": "att.time_maa_k",
        "time_mix_lerp_v": "att.time_maa_v", "time_mix_lerp_r": "att.time_maa_r", "time_mix_lerp_g": "att.time_maa_g",
        "time_mix_w1": "att.time_maa_w1", "time_mix_w2": "att.time_maa_w2",
        "time_mix_first": "att.time_faaaa", "time_mix_decay": "att.time_decay",
        "time_mix_decay_w1": "att.time_decay_w1", "time_mix_decay_w2": "att.time_decay_w2",
        "time_mix_gate": "att.gate.weight", "channel_mix_receptance": "ffn.receptance.weight",
        "channel_mix_lerp_k": "ffn.time_maa_k", "channel_mix_lerp_r": "ffn.time_maa_r",
    ]

    private static let seven = Dictionary(
        uniqueKeysWithValues: ["w0", "w1", "w2", "a0", "a1", "a2", "v0", "v1", "v2", "g1", "g2", "k_k", "k_a", "r_k"]
            .map { ("time_mix_" + $0, "att." + $0) } + [("channel_mix_lerp_k", "ffn.x_k")])
}
