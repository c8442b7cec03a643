import HostCore

/// A generation of RWKV, recognised by tensor names and shapes and by nothing else.
package enum RWKVVersion: String, Sendable, Hashable, CaseIterable {
    case v4 = "4"
    case v5_0 = "5.0"
    case v5_1 = "5.1"
    case v5_2 = "5.2"
    case v6 = "6"
    case v7 = "7"
    case v7DeepEmbed = "7 DeepEmbed"
    /// RWKV-7 whose channel mixing is scaled by the token; the one release is `rwkv-8-pile-rc00`.
    case v8Preview = "8 rc00"

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
            self = has("ffn.s_emb.weight") ? .v7DeepEmbed : has("ffn.enn.weight") ? .v8Preview : .v7
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

/// What makes up a generation; a new one is a line in the table below and a file for its time mixing.
struct VersionParts {
    let timeMix: any TimeMix.Type
    let channelMix: ChannelMix.Form
    /// The tensor of a block whose first axis is the heads; nil where there are none.
    let headTensor: String?
    /// Whether 16-bit `.pth` files have the embedding normalised in 16 bits, as the original package does.
    var roundsEmbedding = true
}

extension RWKVVersion {
    var parts: VersionParts {
        switch self {
        case .v4:
            VersionParts(timeMix: TimeMix4.self, channelMix: .gated(mixes: "time_mix"), headTensor: nil)
        case .v5_0, .v5_1, .v5_2:
            VersionParts(timeMix: TimeMix5.self, channelMix: .gated(mixes: "time_mix"), headTensor: "att.time_decay")
        case .v6:
            VersionParts(timeMix: TimeMix6.self, channelMix: .gated(mixes: "time_maa"), headTensor: "att.time_faaaa")
        case .v7:
            VersionParts(
                timeMix: TimeMix7.self, channelMix: .plain, headTensor: "att.r_k", roundsEmbedding: false)
        case .v7DeepEmbed:
            VersionParts(
                timeMix: TimeMix7.self, channelMix: .deepEmbed, headTensor: "att.r_k", roundsEmbedding: false)
        case .v8Preview:
            VersionParts(
                timeMix: TimeMix7.self, channelMix: .tokenScaled, headTensor: "att.r_k", roundsEmbedding: false)
        }
    }
}

extension ModelShape {
    var timeMix: any TimeMix.Type { generation.parts.timeMix }
    var usesDeepEmbed: Bool { generation.parts.channelMix == .deepEmbed }
}
