import HostCore

/// What a file of tensors is that is not a model's weights, and what to do with it.
///
/// - Source: yueyulin/respark (`tts_tag_embedder`); JL-er/RWKV-PEFT (`lora_A`, `disha`, `time_state`); vllm-rwkv, `rwkv7_quantization.md` (`scale`, `nf4_b_scale`);
///   RWKV-LM, `RWKV-v7/rwkv_v7b_demo.py` (`qkv`); the quantised layers of MLX, bitsandbytes, GPTQ and AWQ.
struct ForeignTensors {
    let found: String
    let advice: String
    private let companion: ModelCompanion?

    /// Nil for names that may be a model's.
    init?(_ checkpoint: any Checkpoint) {
        let names = checkpoint.names
        let kind = Self.kinds.first { kind in
            kind.isAll ? names.allSatisfy(kind.matches) : names.contains(where: kind.matches)
        }
        guard let kind else { return nil }
        if kind.isInteger, !names.contains(where: { checkpoint.dtype(of: $0)?.isFloatingPoint == false }) { return nil }
        (found, advice, companion) = (kind.found, kind.advice, kind.companion)
    }

    func error(_ subject: String) -> LoadError {
        var error = LoadError(.unsupported, subject, found, advice: advice)
        error.companion = companion
        return error
    }

    private struct Kind {
        let endings: [String]
        let found: String
        let advice: String
        /// Whether all names end so, rather than any.
        var isAll = false
        /// Whether some tensor holds whole numbers.
        var isInteger = false
        var companion: ModelCompanion?

        func matches(_ name: String) -> Bool {
            endings.contains { ending in
                ending.hasSuffix(".") ? name.contains(ending) : name.hasSuffix(ending)
            }
        }
    }

    private static let useOriginal = "Use the file it was made from; the host quantises while it loads (--load-in-8bit, \"fp16i8\")."
    private static let kinds = [
        Kind(
            endings: [".time_state"], found: "a tuned state, which a model begins from, and not a model",
            advice: "Give it with --initial-state FILE, or as initial_state in a request.", isAll: true, companion: .tunedState),
        Kind(
            endings: [".init_lora_A", ".init_lora_B"], found: "what PiSSA took out of a model before training, and not a model",
            advice: "Merge it with RWKV-PEFT's merge.py, which needs it and the base model."),
        Kind(
            endings: [".lora_A", ".lora_B", ".lora_A.", ".lora_B."], found: "a LoRA adapter, which changes a model, and not a model",
            advice: "Load its base model and give this file with --adapter FILE.", companion: .adapter),
        Kind(
            endings: [".miss", ".disha", ".bone", ".miss_block", ".miss_block."],
            found: "a MiSS adapter (also called DiSHA or Bone), which changes a model, and not a model",
            advice: "Load its base model and give this file with --adapter FILE.", companion: .adapter),
        Kind(
            endings: ["tts_tag_embedder.weight", "global_embedder.weight"],
            found: "a model of speech (RWKV-TTS, Respark), whose tokens are sounds; the host writes text",
            advice: "Use RWKV-TTS for it, or a model that writes text here."),
        Kind(
            endings: [".nf4_b_scale", ".nvfp4_t_scale", ".fp8_scale"],
            found: "weights quantised to four or eight bits for one kind of card (NVFP4, FP8)", advice: useOriginal),
        Kind(
            endings: [".weight.scale", "key.scale", "value.scale", "receptance.scale", "output.scale", "head.scale"],
            found: "weights quantised to int8 by Albatross or vllm-rwkv", advice: useOriginal, isInteger: true),
        Kind(
            endings: [".scales"], found: "weights quantised by MLX", advice: useOriginal, isInteger: true),
        Kind(
            endings: [".qweight", ".qzeros"], found: "weights quantised by GPTQ or AWQ", advice: useOriginal),
        Kind(
            endings: [".absmax", ".quant_map"], found: "weights quantised by bitsandbytes", advice: useOriginal),
        Kind(
            endings: [".qkv."],
            found: "an RWKV-7b, whose DeepEmbed attention looks at all tokens before; the host runs models with a state",
            advice: "Use rwkv7 or rwkv7a (DeepEmbed) of the same name."),
        Kind(
            endings: [".self_attn."],
            found: "a transformer, or a hybrid of RWKV with layers of a transformer (such as ARWKV, QRWKV, HRWKV); "
                + "the host runs pure RWKV",
            advice: "Use llama.cpp for it (architectures arwkv7, rwkv6qwen2), or an RWKV model here."),
        Kind(
            endings: [".state", "exp_avg", "exp_avg_sq"], found: "the state of an optimiser, not a model",
            advice: "Use the file that the trainer saved the model to.", isAll: true),
    ]
}
