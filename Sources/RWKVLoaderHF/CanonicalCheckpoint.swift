import HostCore

/// A checkpoint under Hugging Face names, seen under the canonical ones.
///
/// - Source: transformers 4.46, `models/rwkv/convert_rwkv_checkpoint_to_hf.py`; values are copied unchanged.
struct CanonicalCheckpoint: Checkpoint {
    private let source: any Checkpoint
    /// Canonical name → name in the file.
    private let original: [String: String]
    let names: [String]

    var format: String { source.format }

    /// - Parameter tiesEmbeddings: whether the head may be absent and is then the embedding.
    init(_ source: any Checkpoint, tiesEmbeddings: Bool) {
        self.source = source
        var original: [String: String] = [:]
        var names: [String] = []
        for name in source.names {
            let canonical = Self.canonicalName(of: name)
            if original.updateValue(name, forKey: canonical) == nil { names.append(canonical) }
        }
        if tiesEmbeddings, original["head.weight"] == nil, let embedding = original["emb.weight"] {
            original["head.weight"] = embedding
            names.append("head.weight")
        }
        self.original = original
        self.names = names
    }

    func shape(of name: String) -> [Int]? { original[name].flatMap(source.shape(of:)) }

    func dtype(of name: String) -> DType? { original[name].flatMap(source.dtype(of:)) }

    func tensor(_ name: String) throws(LoadError) -> CheckpointTensor {
        guard let inFile = original[name] else {
            throw LoadError(.missingTensor, name, "is not among the checkpoint's tensors")
        }
        let tensor = try source.tensor(inFile)
        return CheckpointTensor(name: name, dtype: tensor.dtype, shape: tensor.shape, bytes: tensor.bytes)
    }

    /// `rwkv.blocks.0.attention.time_mix_key` → `blocks.0.att.time_mix_k`; a base model lacks the prefix.
    static func canonicalName(of name: String) -> String {
        var parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        if parts.first == "rwkv" { parts.removeFirst() }
        if parts.first == "embeddings" { parts[0] = "emb" }
        for (index, part) in parts.enumerated() {
            if let renamed = renamedParts[part] { parts[index] = renamed }
        }
        return parts.joined(separator: ".")
    }

    private static let renamedParts = [
        "pre_ln": "ln0", "attention": "att", "feed_forward": "ffn",
        "time_mix_key": "time_mix_k", "time_mix_value": "time_mix_v", "time_mix_receptance": "time_mix_r",
    ]
}
