/// Flags of the web UI, of 2023 and of today, that have no meaning here and do no harm: accepted, so that old command lines still work.
///
/// - Source: text-generation-webui `modules/shared.py` at commits b04e18d10c (2023-06-09) and 1dcde41d03 (2026-05-03).
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
        "share", "auto-launch", "public-api", "api-enable-ipv6", "api-disable-ipv4", "force-safetensors", "no_use_fast",
        "portable", "row-split", "no-kv-offload", "no-mmproj", "swa-full", "streaming-llm", "cpu-moe", "numa",
    ]

    private static let single: Set<String> = [
        "character", "lora-dir", "cpu-memory", "disk-cache-dir", "compute_dtype", "quant_type", "n_batch",
        "cache-capacity", "n-gpu-layers", "n_ctx", "llama_cpp_seed", "wbits", "model_type", "groupsize", "checkpoint",
        "pin-weight", "nvme-offload-dir", "local_rank", "loader", "ctx-size", "max_seq_len", "threads-batch", "batch-size",
        "ubatch-size", "gpu-layers", "tensor-split", "cache-type", "cache_type", "subpath", "public-api-id", "gpu-split",
        "model-draft", "draft-max", "gpu-layers-draft", "device-draft", "ctx-size-draft", "extra-flags", "mmproj", "rope-freq-base",
        "image-model", "image-model-dir", "attn-implementation", "compute-dtype", "quant-type",
    ]

    /// What stands in its place here, for the flags whose loss a user might notice.
    static func meaning(of flag: String) -> String? { meanings[String(flag.drop { $0 == "-" })] }

    private static let meanings: [String: String] = {
        let anyLength = "an RWKV model reads texts of any length; truncation_length in a request bounds one"
        return [
            "ctx-size": anyLength, "n_ctx": anyLength, "max_seq_len": anyLength,
            "api-enable-ipv6": "--listen --listen-host :: listens on IPv6 and IPv4",
            "api-disable-ipv4": "--listen --listen-host ADDRESS listens on that address alone",
            "loader": "the contents of a file decide what it is", "character": "requests name theirs, in the field character",
            "lora": "--adapter FILE merges one into the model while it loads; a state-tuned file goes with --initial-state",
            "share": "put a tunnel or a proxy in front", "public-api": "put a tunnel or a proxy in front",
            "gpu-layers": "--rwkv-strategy \"cuda fp16 *N -> cpu fp32\" says which layers a card takes",
            "n-gpu-layers": "--rwkv-strategy \"cuda fp16 *N -> cpu fp32\" says which layers a card takes",
            "load-in-4bit": "--rwkv-strategy \"cpu fp32i4\" holds weights in 4 bits",
            "batch-size": "--parallel says how many texts are written at once",
            "subpath": "a proxy in front can strip a path",
        ]
    }()

    private static let several: Set<String> = ["lora", "gpu-memory", "pre_layer", "percent", "extensions"]
}
