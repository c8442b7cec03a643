/// Flags of the 2023 web UI that have no meaning here and do no harm: accepted, so that old command lines still work.
///
/// Source: text-generation-webui `modules/shared.py` at commit b04e18d10c (2023-06-09).
enum IgnoredFlags {
    /// What follows a flag on the command line.
    enum Arity {
        case none, one, many
    }

    static func arity(of name: String) -> Arity? {
        if switches.contains(name) { return Arity.none }
        if single.contains(name) { return .one }
        return several.contains(name) ? .many : nil
    }

    private static let switches: Set<String> = [
        "notebook", "chat", "auto-devices", "disk", "no-cache", "xformers", "sdp-attention", "trust-remote-code",
        "load-in-4bit", "use_double_quant", "no-mmap", "mlock", "monkey-patch", "quant_attn", "warmup_autotune",
        "fused_mlp", "gptq-for-llama", "autogptq", "triton", "desc_act", "flexgen", "compress-weight", "deepspeed",
        "share", "auto-launch", "public-api",
    ]

    private static let single: Set<String> = [
        "character", "lora-dir", "cpu-memory", "disk-cache-dir", "compute_dtype", "quant_type", "n_batch",
        "cache-capacity", "n-gpu-layers", "n_ctx", "llama_cpp_seed", "wbits", "model_type", "groupsize", "checkpoint",
        "pin-weight", "nvme-offload-dir", "local_rank", "loader",
    ]

    private static let several: Set<String> = ["lora", "gpu-memory", "pre_layer", "percent", "extensions"]
}
