import HostCore
import HostGeneration

/// How long a prompt may be, in every field from which programs read it.
///
/// An RWKV model has no limit of its own, so all of them report the host's, which is the one that applies.
enum ContextLength {
    /// vLLM's, OpenRouter's, LM Studio's and llama.cpp's fields.
    static func members(_ limit: Int, of listing: ModelListing) -> [(String, JSONValue)] {
        let length = JSONValue.integer(limit)
        var meta: [(String, JSONValue)] = [("n_ctx", length), ("n_ctx_train", length)]
        if let summary = listing.summary {
            meta += [
                ("n_vocab", .integer(summary.vocabularySize)), ("n_embd", .integer(summary.hiddenSize)),
                ("n_layer", .integer(summary.layerCount)), ("size", .integer(summary.weightBytes)),
            ]
        }
        return [
            ("max_model_len", length), ("context_length", length), ("context_window", length), ("max_context_length", length),
            ("loaded_context_length", listing.state == .ready ? length : .null), ("meta", .object(JSONObject(meta))),
        ]
    }
}
