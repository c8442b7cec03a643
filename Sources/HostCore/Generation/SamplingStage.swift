/// The links of the chain from logits to a token that may stand in any order, under the names that clients use.
///
/// Bans, bias and constraints are not among them: they come before all.
/// - Source: text-generation-webui, `modules/presets.py`.
public enum SamplingStage: String, Sendable, Hashable, CaseIterable {
    case repetitionPenalty = "repetition_penalty"
    case presencePenalty = "presence_penalty"
    case frequencyPenalty = "frequency_penalty"
    case dry
    case topNSigma = "top_n_sigma"
    case temperature
    case dynamicTemperature = "dynamic_temperature"
    case quadraticSampling = "quadratic_sampling"
    case topK = "top_k"
    case topP = "top_p"
    case typicalP = "typical_p"
    case epsilonCutoff = "epsilon_cutoff"
    case etaCutoff = "eta_cutoff"
    case tfs
    case topA = "top_a"
    case minP = "min_p"
    case adaptiveP = "adaptive_p"
    case mirostat
    case xtc
    case encoderRepetitionPenalty = "encoder_repetition_penalty"
    case noRepeatNgram = "no_repeat_ngram"

    /// Whether it acts at temperature 0 too, where filters and temperatures would only keep the best token.
    public var isPenalty: Bool {
        switch self {
        case .repetitionPenalty, .presencePenalty, .frequencyPenalty, .dry, .encoderRepetitionPenalty, .noRepeatNgram: true
        default: false
        }
    }
}

extension SamplingParameters {
    /// In which order the stages act when a request does not list them itself.
    public enum Order: String, Sendable, Hashable, CaseIterable {
        /// Penalties, then the temperature, then each filter on what the one before left, as transformers does.
        case transformers
        /// The default list of text-generation-webui today; differs in where the prompt and n-gram rules stand.
        case webui
        /// The filters on the model's own distribution, the temperatures last, as the `rwkv` package does.
        case rwkv

        /// Every stage once.
        public var stages: [SamplingStage] {
            let temperatures: [SamplingStage] = [.temperature, .dynamicTemperature, .quadraticSampling]
            let penalties: [SamplingStage] = [.repetitionPenalty, .presencePenalty, .frequencyPenalty]
            let filters: [SamplingStage] = [.typicalP, .epsilonCutoff, .etaCutoff, .tfs, .topA, .minP]
            let draws: [SamplingStage] = [.adaptiveP, .mirostat]
            switch self {
            case .transformers:
                return [.encoderRepetitionPenalty] + penalties + [.noRepeatNgram, .dry, .topNSigma] + temperatures
                    + [.topK, .topP] + filters + [.xtc] + draws
            case .webui: return SamplingStage.allCases
            case .rwkv:
                return [.encoderRepetitionPenalty] + penalties + [.noRepeatNgram, .dry, .topP, .topK, .topNSigma]
                    + filters + [.xtc] + temperatures + draws
            }
        }
    }

    /// All stages as they act: the request's own list or the order's, stages that the list leaves out in front.
    ///
    /// - Source: text-generation-webui, `modules/sampler_hijack.py`.
    public var stages: [SamplingStage] {
        var list = priority.isEmpty ? order.stages : priority
        list = order.stages.filter { !list.contains($0) } + list
        if temperatureLast {
            let temperatures: [SamplingStage] = [.temperature, .dynamicTemperature, .quadraticSampling]
            list = list.filter { !temperatures.contains($0) } + temperatures
        }
        return list
    }
}
