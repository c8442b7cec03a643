import HostCore

/// What a `config.json` describes that this loader does not run, and what to do with it.
///
/// - Source: the configurations of RWKV-Red-Team/ARWKV-R1-7B (`rwkv_hybrid`), recursal/QRWKV6 (`rwkv6qwen2`), OpenMOSE/HRWKV
///   (`hxa079`, `rwkv07aqwen3`), yueyulin/respark (`RWKV7ForSpeech`), and those that mlx-lm writes (`quantization`).
struct ForeignModel {
    let found: String
    let advice: String

    private static let useRWKV = "Use an RWKV model, or another host for this one."
    private static let useLlama = "Use llama.cpp for it (architectures arwkv7 and rwkv6qwen2), or a pure RWKV here."

    /// Nil for a model that may be one of RWKV's.
    init?(_ type: String, _ fields: JSONObject) {
        let hybrids = ["rwkv_hybrid", "rwkv6qwen2", "rwkv7qwen", "rwkv07", "hxa", "arwkv", "any2rwkv"]
        let attention = ["transformer_layers", "attn"].first { fields[$0]?.present != nil }
        if hybrids.contains(where: type.hasPrefix) || attention != nil && type.hasPrefix("rwkv") {
            let cause = attention.map { ", \($0) is set" } ?? ""
            found =
                "is a hybrid of RWKV with layers of a transformer (model_type \"\(type.prefix(40))\"\(cause)); "
                + "the host runs pure RWKV"
            advice = Self.useLlama
        } else if fields["quantization"]?["bits"]?.present != nil {
            found = "belongs to weights that MLX has quantised"
            advice = "Use the folder they were made from; the host quantises while it loads (--load-in-8bit)."
        } else if fields["quantization_config"]?.present != nil {
            let method = fields["quantization_config"]?["quant_method"]?.stringValue ?? "a quantiser"
            found = "belongs to weights that \(method.prefix(40)) has quantised"
            advice = "Use the folder they were made from; the host quantises while it loads (--load-in-8bit)."
        } else if let speech = (fields["architectures"]?.arrayValue ?? []).compactMap(\.stringValue)
            .first(where: { $0.contains("Speech") })
        {
            found = "is a model of speech (\(speech.prefix(40))), whose tokens are sounds; the host writes text"
            advice = Self.useRWKV
        } else if !type.hasPrefix("rwkv") {
            found = "is of model_type \"\(type.prefix(40))\"; this loader reads rwkv"
            advice = Self.useRWKV
        } else {
            return nil
        }
    }

    func error(_ file: String) -> LoadError { LoadError(.unsupported, file, found, advice: advice) }
}
