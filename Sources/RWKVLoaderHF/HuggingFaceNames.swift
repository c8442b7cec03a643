/// The names of transformers for RWKV-4, and of the remote code of `RWKV/rwkv-5-world-*` and `RWKV/rwkv-6-world-*`.
///
/// - Source: transformers 4.46, `models/rwkv/convert_rwkv_checkpoint_to_hf.py`; values are copied unchanged.
enum HuggingFaceNames {
    /// `rwkv.blocks.0.attention.time_mix_key` → `blocks.0.att.time_mix_k`; a base model lacks the prefix.
    static func canonical(_ name: String) -> [(String, CanonicalCheckpoint.Origin)] {
        var parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        if parts.first == "rwkv" { parts.removeFirst() }
        if parts.first == "embeddings" { parts[0] = "emb" }
        for (index, part) in parts.enumerated() {
            if let renamed = renamedParts[part] { parts[index] = renamed }
        }
        return [(parts.joined(separator: "."), CanonicalCheckpoint.Origin(name: name))]
    }

    private static let renamedParts = [
        "pre_ln": "ln0", "attention": "att", "feed_forward": "ffn",
        "time_mix_key": "time_mix_k", "time_mix_value": "time_mix_v", "time_mix_receptance": "time_mix_r",
        "time_mix_gate": "time_mix_g",
    ]
}
