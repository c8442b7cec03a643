package import HostCore

/// From the names of Hugging Face folders, in all the layouts that there are, to those of the original files.
///
/// No layout is looked for: each part of a name is known by itself, so that folders between two layouts are read, too.
///
/// | layout | a name in it |
/// | --- | --- |
/// | transformers, RWKV-4; `RWKV/rwkv-5-world-*`, `RWKV/rwkv-6-world-*` | `rwkv.blocks.0.attention.time_mix_key` |
/// | flash-linear-attention | `model.layers.0.attn.w_lora.lora.0.weight`, transposed |
/// | the canonical layout of RWKV-7 | `model.layers.0.linear_attn.w1` |
/// | the original names under a prefix | `model.rwkv7.blocks.0.att.w1` |
///
/// - Source: transformers 4.46, `models/rwkv/convert_rwkv_checkpoint_to_hf.py`; flash-linear-attention,
///   `utils/convert_from_rwkv7.py`; rwkv-rs/transformers-rwkv, `temp/rwkv_pth2st.py`.
package enum CanonicalNames {
    /// The tensors of a Hugging Face folder under the original names; a name that no layout has stays as it is.
    ///
    /// - Parameters:
    ///   - tiesEmbeddings: whether the head may be absent and is then the embedding.
    ///   - isEmbeddingNormalised: whether `ln0` has gone into the embedding.
    package static func checkpoint(
        _ source: any Checkpoint, tiesEmbeddings: Bool, isEmbeddingNormalised: Bool = false
    ) -> DerivedCheckpoint {
        var entries = source.names.flatMap(origins(of:))
        if tiesEmbeddings, !entries.contains(where: { $0.0 == "head.weight" }),
            let embedding = entries.first(where: { $0.0 == "emb.weight" })
        {
            entries.append(("head.weight", embedding.1))
        }
        return DerivedCheckpoint(source, entries, isEmbeddingNormalised: isEmbeddingNormalised)
    }

    /// `model.layers.1.attn.w_lora.lora.0.weight` → `blocks.1.att.w1`, transposed.
    package static func origins(of name: String) -> [(String, DerivedCheckpoint.Origin)] {
        let origin = DerivedCheckpoint.Origin(name: name)
        var parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        while parts.count > 2, prefixes.contains(parts[0]) { parts.removeFirst() }
        guard blocks.contains(parts[0]), parts.count >= 4 else {
            parts[0] = parts.count == 2 ? outside[parts[0]] ?? parts[0] : parts[0]
            return [(parts.joined(separator: "."), origin)]
        }
        let block = "blocks.\(parts[1])", inner = Array(parts[3...])
        if let norm = norms[parts[2]] { return [(([block, norm] + inner).joined(separator: "."), origin)] }
        if attentions.contains(parts[2]) { return timeMixing(block, inner, origin) }
        let part = channelMixings.contains(parts[2]) ? "ffn" : parts[2]
        return [([block, part, parameter(inner[0])] + inner.dropFirst()).joined(separator: ".")].map { ($0, origin) }
    }

    private static func timeMixing(
        _ block: String, _ inner: [String], _ origin: DerivedCheckpoint.Origin
    ) -> [(String, DerivedCheckpoint.Origin)] {
        var origin = origin
        // Older folders of flash-linear-attention hold the six mixes in one tensor.
        if inner == ["x_x"] {
            return ["r", "w", "k", "v", "a", "g"].enumerated().map { row, part in
                ("\(block).att.x_\(part)", DerivedCheckpoint.Origin(name: origin.name, change: .row(row)))
            }
        }
        if inner.count == 4, inner[0].hasSuffix("_lora"), inner[1] == "lora",
            let number = factors[inner[2...].joined(separator: ".")]
        {
            origin.change = number == 0 ? .none : .transposed
            return [("\(block).att.\(inner[0].dropLast("_lora".count))\(number)", origin)]
        }
        return [(([block, "att", parameter(inner[0])] + inner.dropFirst()).joined(separator: "."), origin)]
    }

    private static func parameter(_ part: String) -> String { parameters[part] ?? part }

    private static let prefixes: Set<String> = ["model", "rwkv", "rwkv7"]
    private static let blocks: Set<String> = ["blocks", "layers"]
    private static let outside = [
        "embeddings": "emb", "embed_tokens": "emb", "lm_head": "head", "norm": "ln_out", "embedding_norm": "blocks.0.ln0",
    ]
    private static let norms = [
        "pre_ln": "ln0", "pre_norm": "ln0", "attn_norm": "ln1", "input_layernorm": "ln1", "ffn_norm": "ln2",
        "post_attention_layernorm": "ln2",
    ]
    private static let attentions: Set<String> = ["att", "attention", "attn", "linear_attn"]
    private static let channelMixings: Set<String> = ["ffn", "feed_forward", "mlp"]
    private static let factors = ["2.bias": 0, "0.weight": 1, "2.weight": 2]
    private static let parameters = [
        "time_mix_key": "time_mix_k", "time_mix_value": "time_mix_v", "time_mix_receptance": "time_mix_r",
        "time_mix_gate": "time_mix_g",
        "r_proj": "receptance", "k_proj": "key", "v_proj": "value", "o_proj": "output", "g_norm": "ln_x",
    ]
}

extension Checkpoint {
    /// Whether flash-linear-attention wrote this folder, whose normalisations take their ε from the configuration.
    package var isFlashLinearAttention: Bool {
        names.contains { $0.hasSuffix(".attn.w_lora.lora.0.weight") }
    }

    /// Whether the names are those of a Hugging Face folder, which says more in its configuration.
    package var hasHuggingFaceNames: Bool {
        shape(of: "emb.weight") == nil
            && names.contains { name in
                let origins = CanonicalNames.origins(of: name)
                return origins.count == 1 && origins[0].0 == "emb.weight"
            }
    }
}
