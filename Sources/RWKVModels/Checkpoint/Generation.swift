import HostCore

/// A generation of RWKV, told by tensor names and shapes and by nothing else.
package enum Generation: String, Sendable, Hashable {
    case v4 = "4"
    case v5_0 = "5.0"
    case v5_1 = "5.1"
    case v5_2 = "5.2"
    case v6 = "6"
    case v7 = "7"
    case v7DeepEmbed = "7 DeepEmbed"

    /// Looks at the first block; nil when it holds the marks of no generation, or of several.
    ///
    /// - Parameter shapes: the first block's tensors, without the `blocks.0.` in front.
    /// - Source: the order-free form of the rules in `rwkv` 0.8.32, `rwkv/model.py`.
    init?(firstBlock shapes: [String: [Int]]) {
        func has(_ name: String) -> Bool { shapes[name] != nil }
        let isSeven = has("att.r_k"), isSix = has("att.time_maa_x"), isFive = has("att.time_mix_k") && has("att.ln_x.weight")
        let isFour = has("att.time_mix_k") && has("att.time_first") && has("att.time_decay") && !isFive
        guard [isSeven, isSix, isFive, isFour].count(where: { $0 }) == 1 else { return nil }
        if isSeven {
            self = has("ffn.s_emb.weight") ? .v7DeepEmbed : .v7
        } else if isSix {
            self = .v6
        } else if isFour {
            self = .v4
        } else if !has("att.gate.weight") {
            self = .v5_0
        } else {
            let decay = shapes["att.time_decay"] ?? []
            self = decay.count == 2 && decay[1] > 1 ? .v5_2 : .v5_1
        }
    }
}
