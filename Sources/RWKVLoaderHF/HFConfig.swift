import HostCheckpoints
import HostCore

/// What `config.json` says that the tensors do not.
///
/// - Source: transformers 4.46, `models/rwkv/configuration_rwkv.py`; flash-linear-attention,
///   `models/rwkv7/configuration_rwkv7.py`; rwkv-rs/transformers-rwkv, `models/rwkv/configuration_rwkv.py`.
struct HFConfig {
    let layerNormEpsilon: Float
    /// Nil where nothing is said of it.
    let groupNormEpsilon: Float?
    /// Nil where nothing is said of them.
    let endOfTextTokens: [TokenID]?
    let tiesEmbeddings: Bool
    /// Whether `ln0` has gone into the embedding.
    let isEmbeddingNormalised: Bool
    private let file: String
    private let declared: [(key: String, value: Int, size: @Sendable (ProbeSummary) -> Int)]

    /// - Throws: `LoadError` when the file is absent or broken, is not of an RWKV, or holds a value of the wrong type.
    init(folder: String) throws(LoadError) {
        let file = "\(folder)/config.json"
        self.file = file
        let fields = try JSONFile.object(file)
        guard let type = fields["model_type"]?.stringValue else {
            throw LoadError(.unrecognised, file, "has no model_type", advice: "Use the config.json that was published with the weights.")
        }
        if let foreign = ForeignModel(type, fields) { throw foreign.error(file) }
        let epsilon = fields["layer_norm_epsilon"] == nil ? "norm_eps" : "layer_norm_epsilon"
        layerNormEpsilon = try HFConfig.number(epsilon, in: fields, file: file).map(Float.init) ?? 1e-5
        groupNormEpsilon = try HFConfig.number("group_norm_epsilon", in: fields, file: file).map(Float.init)
        for key in ["norm_first", "norm_bias"] where fields[key]?.boolValue == false {
            throw LoadError(.unsupported, file, "\(key) is false, which no published model has")
        }
        endOfTextTokens = try GenerationConfigs.endTokens(in: fields, file: file)
        tiesEmbeddings = try HFConfig.flag("tie_word_embeddings", in: fields, file: file)
        isEmbeddingNormalised = try HFConfig.flag("embedding_layer_norm_fused", in: fields, file: file)

        var declared: [(String, Int, @Sendable (ProbeSummary) -> Int)] = []
        for (key, size) in HFConfig.sizes {
            guard let value = fields[key]?.present else { continue }
            guard let number = value.intValue, number > 0 else {
                throw LoadError(.corrupt, file, "\(key) must be a positive whole number, not \(value.encoded())")
            }
            declared.append((key, number, size))
        }
        self.declared = declared
    }

    /// Sizes that both config and tensors state.
    private static let sizes: [(String, @Sendable (ProbeSummary) -> Int)] = [
        ("vocab_size", { $0.vocabularySize }),
        ("hidden_size", { $0.hiddenSize }),
        ("num_hidden_layers", { $0.layerCount }),
    ]

    /// Refuses a folder whose config and tensors are not of one model.
    func check(against summary: ProbeSummary) throws(LoadError) {
        for (key, value, size) in declared where size(summary) != value {
            throw LoadError(
                .mismatch, file, "\(key) is \(value), but the tensors say \(size(summary))",
                advice: "Use the config.json and the weights of one and the same model")
        }
    }

    private static func flag(_ key: String, in fields: JSONObject, file: String) throws(LoadError) -> Bool {
        guard let value = fields[key]?.present else { return false }
        guard let flag = value.boolValue else {
            throw LoadError(.corrupt, file, "\(key) must be true or false, not \(value.encoded())")
        }
        return flag
    }

    private static func number(_ key: String, in fields: JSONObject, file: String) throws(LoadError) -> Double? {
        guard let value = fields[key]?.present else { return nil }
        guard let number = value.doubleValue, number > 0, number < 1 else {
            throw LoadError(.corrupt, file, "\(key) must be a number between 0 and 1, not \(value.encoded())")
        }
        return number
    }

    /// The ε of time mixing's group normalisation: flash-linear-attention multiplies that of the layers by the channels of a head.
    func groupNormEpsilon(of checkpoint: any Checkpoint, isFlashLinearAttention: Bool) -> Float {
        if let groupNormEpsilon { return groupNormEpsilon }
        guard isFlashLinearAttention, let channels = checkpoint.shape(of: "blocks.0.att.r_k")?.last else { return 64e-5 }
        return Float(channels) * layerNormEpsilon
    }
}
