/// The names of flash-linear-attention for RWKV-7.
///
/// - Source: flash-linear-attention, `utils/convert_from_rwkv7.py`: low-rank factors are transposed, all else is copied.
enum FLANames {
    /// `model.layers.1.attn.w_lora.lora.0.weight` → `blocks.1.att.w1`, transposed.
    static func canonical(_ name: String) -> [(String, CanonicalCheckpoint.Origin)] {
        let origin = CanonicalCheckpoint.Origin(name: name)
        if let whole = wholeNames[name] { return [(whole, origin)] }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count >= 4, parts[0] == "model", parts[1] == "layers" else { return [(name, origin)] }
        let block = "blocks.\(parts[2])", inner = Array(parts[3...])
        if let norm = norms[inner[0]] { return [(([block, norm] + inner.dropFirst()).joined(separator: "."), origin)] }
        guard inner.count >= 2, inner[0] == "attn" else { return [(([block] + inner).joined(separator: "."), origin)] }
        // Older folders hold the six mixes in one tensor.
        if inner == ["attn", "x_x"] {
            return ["r", "w", "k", "v", "a", "g"].enumerated().map { row, part in
                ("\(block).att.x_\(part)", CanonicalCheckpoint.Origin(name: name, change: .row(row)))
            }
        }
        if inner.count == 5, inner[1].hasSuffix("_lora"), inner[2] == "lora",
            let number = factors[inner[3...].joined(separator: ".")] {
            let change: CanonicalCheckpoint.Origin.Change = number == 0 ? .none : .transposed
            let canonical = "\(block).att.\(inner[1].dropLast("_lora".count))\(number)"
            return [(canonical, CanonicalCheckpoint.Origin(name: name, change: change))]
        }
        let part = parameters[inner[1]] ?? inner[1]
        return [(([block, "att", part] + inner.dropFirst(2)).joined(separator: "."), origin)]
    }

    private static let wholeNames = [
        "model.embeddings.weight": "emb.weight", "lm_head.weight": "head.weight",
        "model.norm.weight": "ln_out.weight", "model.norm.bias": "ln_out.bias",
    ]
    private static let norms = ["pre_norm": "ln0", "attn_norm": "ln1", "ffn_norm": "ln2"]
    private static let factors = ["2.bias": 0, "0.weight": 1, "2.weight": 2]
    private static let parameters = [
        "r_proj": "receptance", "k_proj": "key", "v_proj": "value", "o_proj": "output", "g_norm": "ln_x",
    ]
}
