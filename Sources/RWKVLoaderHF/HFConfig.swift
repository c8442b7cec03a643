import HostCheckpoints
import HostCore

/// What `config.json` says that the tensors do not.
///
/// - Source: transformers 4.46, `models/rwkv/configuration_rwkv.py`; flash-linear-attention,
///   `models/rwkv7/configuration_rwkv7.py`.
struct HFConfig {
    let layerNormEpsilon: Float
    let endOfTextTokens: [TokenID]
    let tiesEmbeddings: Bool
    private let file: String
    private let declared: [(key: String, value: Int, size: @Sendable (ProbeSummary) -> Int)]

    /// - Throws: `LoadError` when the file is absent or broken, is not of an RWKV, or holds a value of the wrong type.
    init(folder: String) throws(LoadError) {
        let file = "\(folder)/config.json"
        self.file = file
        let fields = try HFConfig.fields(of: file)
        guard let type = fields["model_type"]?.stringValue else {
            throw LoadError(.unrecognised, file, "has no model_type")
        }
        guard type.hasPrefix("rwkv") else {
            throw LoadError(.unsupported, file, "is of model_type \"\(type)\"; this loader reads rwkv")
        }
        let epsilon = fields["layer_norm_epsilon"] == nil ? "norm_eps" : "layer_norm_epsilon"
        layerNormEpsilon = try HFConfig.number(epsilon, in: fields, file: file).map(Float.init) ?? 1e-5
        if let attention = fields["attn"], !attention.isNull {
            throw LoadError(.unsupported, file, "attn is set: layers of plain attention among RWKV's are not supported")
        }
        for key in ["norm_first", "norm_bias"] where fields[key]?.boolValue == false {
            throw LoadError(.unsupported, file, "\(key) is false, which no published model has")
        }
        endOfTextTokens = try HFConfig.tokens("eos_token_id", in: fields, file: file) ?? [0]
        if let ties = fields["tie_word_embeddings"], !ties.isNull, ties.boolValue == nil {
            throw LoadError(.corrupt, file, "tie_word_embeddings must be true or false, not \(ties.encoded())")
        }
        tiesEmbeddings = fields["tie_word_embeddings"]?.boolValue ?? false

        var declared: [(String, Int, @Sendable (ProbeSummary) -> Int)] = []
        for (key, size) in HFConfig.sizes {
            guard let value = fields[key], !value.isNull else { continue }
            guard let number = value.intValue, number > 0 else {
                throw LoadError(.corrupt, file, "\(key) must be a positive whole number, not \(value.encoded())")
            }
            declared.append((key, number, size))
        }
        self.declared = declared
    }

    /// Sizes that config and tensors both tell.
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

    private static func fields(of file: String) throws(LoadError) -> JSONObject {
        let bytes = try SmallFile.read(file)
        do {
            guard let object = try JSONValue(parsing: bytes).objectValue else {
                throw LoadError(.corrupt, file, "holds no JSON object")
            }
            return object
        } catch let error as JSONError {
            throw LoadError(.corrupt, file, error.description)
        } catch let error as LoadError {
            throw error
        } catch {
            throw LoadError(.corrupt, file, "\(error)")
        }
    }

    private static func number(_ key: String, in fields: JSONObject, file: String) throws(LoadError) -> Double? {
        guard let value = fields[key], !value.isNull else { return nil }
        guard let number = value.doubleValue, number > 0, number < 1 else {
            throw LoadError(.corrupt, file, "\(key) must be a number between 0 and 1, not \(value.encoded())")
        }
        return number
    }

    private static func tokens(_ key: String, in fields: JSONObject, file: String) throws(LoadError) -> [TokenID]? {
        guard let value = fields[key], !value.isNull else { return nil }
        let tokens = (value.arrayValue ?? [value]).compactMap(\.intValue).filter { $0 >= 0 }
        guard tokens.count == value.arrayValue?.count ?? 1 else {
            throw LoadError(.corrupt, file, "\(key) must be a token number or a list of them, not \(value.encoded())")
        }
        return tokens
    }
}
