import HostCore

/// Reads the sampling parameters that this host has, under all their names.
enum SamplingFields {
    static let maximumBiases = 4096

    private struct Number: Sendable {
        /// The name and its aliases.
        let names: [String]
        let range: ClosedRange<Double>
        let parameter: any WritableKeyPath<SamplingParameters, Double> & Sendable
    }

    private static let numbers = [
        Number(names: ["temperature"], range: 0...1e9, parameter: \.temperature),
        Number(names: ["top_p"], range: 0...1, parameter: \.topP),
        Number(names: ["min_p"], range: 0...1, parameter: \.minP),
        Number(names: ["typical_p", "typical"], range: .leastNonzeroMagnitude...1, parameter: \.typicalP),
        Number(names: ["epsilon_cutoff"], range: 0...1e4, parameter: \.epsilonCutoff),
        Number(names: ["eta_cutoff"], range: 0...1e4, parameter: \.etaCutoff),
        Number(names: ["tfs"], range: 0...1, parameter: \.tfs),
        Number(names: ["top_a"], range: 0...1, parameter: \.topA),
        Number(names: ["repetition_penalty", "rep_pen"], range: 1e-3...1e3, parameter: \.repetitionPenalty),
        Number(names: ["encoder_repetition_penalty"], range: 1e-3...1e3, parameter: \.encoderRepetitionPenalty),
        Number(names: ["presence_penalty", "presence_pen"], range: -100...100, parameter: \.presencePenalty),
        Number(names: ["frequency_penalty", "frequency_pen"], range: -100...100, parameter: \.frequencyPenalty),
        Number(names: ["penalty_decay"], range: 0...1, parameter: \.penaltyDecay),
        Number(names: ["top_n_sigma"], range: 0...1e3, parameter: \.topNSigma),
        Number(names: ["xtc_threshold"], range: 0...1, parameter: \.xtcThreshold),
        Number(names: ["xtc_probability"], range: 0...1, parameter: \.xtcProbability),
        Number(names: ["smoothing_factor"], range: 0...1e3, parameter: \.smoothingFactor),
        Number(names: ["smoothing_curve"], range: 1...1e3, parameter: \.smoothingCurve),
        Number(names: ["dry_multiplier"], range: 0...1e3, parameter: \.dryMultiplier),
        Number(names: ["dry_base"], range: 1...1e3, parameter: \.dryBase),
        Number(names: ["adaptive_decay"], range: 0...1, parameter: \.adaptiveDecay),
    ]

    /// - Parameter defaults: what holds for a field that is absent or null.
    static func read(
        _ reader: inout FieldReader, defaults: SamplingParameters
    ) throws(APIError) -> SamplingParameters {
        var sampling = defaults
        for number in numbers {
            if let value = try reader.double(number.names, in: number.range) { sampling[keyPath: number.parameter] = value }
        }
        let counts = 0...Int(Int32.max), countsOrOff = -1...Int(Int32.max)
        // Clients send -1, and for adaptive_target anything below 0, where they mean that it is off.
        if let value = try reader.double(["adaptive_target"], in: -1e9...1) { sampling.adaptiveTarget = max(0, value) }
        if let value = try reader.int("top_k", in: countsOrOff) { sampling.topK = max(0, value) }
        if let value = try reader.int("no_repeat_ngram_size", in: counts) { sampling.noRepeatNgramSize = value }
        if let value = try reader.int("min_length", in: counts) { sampling.minLength = value }
        if let value = try reader.int("repetition_penalty_range", in: countsOrOff) {
            sampling.penaltyRange = max(0, value)
        }
        if let value = try reader.int("dry_allowed_length", in: counts) { sampling.dryAllowedLength = value }
        // Sampling that is switched off takes the most likely token, as temperature 0 does.
        if try reader.bool("do_sample") == false { sampling.temperature = 0 }
        if let value = try reader.bool("ban_eos_token") { sampling.bansEndOfText = value }
        if let value = try reader.int("seed", in: -1...Int.max) { sampling.seed = value < 0 ? nil : UInt64(value) }
        if let object = try reader.object("logit_bias") { sampling.logitBias = try biases(object) }
        if let text = try reader.string("custom_token_bans") { sampling.bannedTokens.formUnion(try bans(text)) }
        let countsPrompt = try reader.bool("global_penalty")
        // RWKV's fading penalties look at the generated text alone.
        if sampling.penaltyDecay != 1 { sampling.penaltiesCountPrompt = countsPrompt ?? false }
        if let breakers = try SamplerListFields.breakers(&reader) { sampling.dryBreakers = breakers }
        try SamplerListFields.readOrder(&reader, into: &sampling)
        sampling.dynamicTemperature = try dynamicTemperature(&reader)
        sampling.mirostat = try mirostat(&reader)
        sampling.constraint = try ConstraintFields.read(&reader)
        try readSearch(&reader, into: &sampling)
        return sampling
    }

    /// The bounds mean nothing while the switch is off.
    private static func dynamicTemperature(
        _ reader: inout FieldReader
    ) throws(APIError) -> SamplingParameters.DynamicTemperature? {
        let isOn = try reader.bool("dynamic_temperature") ?? false
        let low = try reader.double(["dynatemp_low"], in: 1e-3...1e3) ?? 1
        let high = try reader.double(["dynatemp_high"], in: 1e-3...1e3) ?? 1
        let exponent = try reader.double(["dynatemp_exponent"], in: 0...1e3) ?? 1
        return isOn ? .init(low: low, high: high, exponent: exponent) : nil
    }

    private static func mirostat(_ reader: inout FieldReader) throws(APIError) -> SamplingParameters.Mirostat? {
        let mode = try reader.int("mirostat_mode", in: 0...2) ?? 0
        let tau = try reader.double(["mirostat_tau"], in: 0...100) ?? 5
        let eta = try reader.double(["mirostat_eta"], in: 0...1) ?? 0.1
        return SamplingParameters.Mirostat.Version(rawValue: mode).map { .init($0, tau: tau, eta: eta) }
    }

    /// Guidance, beam search and contrastive search.
    private static func readSearch(
        _ reader: inout FieldReader, into sampling: inout SamplingParameters
    ) throws(APIError) {
        if let value = try reader.double(["guidance_scale"], in: -100...100) { sampling.guidanceScale = value }
        if let value = try reader.string("negative_prompt") { sampling.negativePrompt = value }
        if let value = try reader.int("num_beams", in: 1...64) { sampling.beamCount = value }
        if let value = try reader.double(["length_penalty"], in: -100...100) { sampling.lengthPenalty = value }
        if let value = try reader.bool("early_stopping") { sampling.stopsBeamsEarly = value }
        if let value = try reader.double(["penalty_alpha"], in: 0...1) { sampling.penaltyAlpha = value }
        // As in transformers: contrastive search chooses, it does not draw.
        if sampling.penaltyAlpha > 0, sampling.temperature > 0 {
            throw APIError.invalid("penalty_alpha", "penalty_alpha goes only with do_sample: false, or temperature 0.")
        }
    }

    private static func biases(_ object: JSONObject) throws(APIError) -> [TokenID: Double] {
        guard object.count <= maximumBiases else {
            throw APIError.invalid(
                "logit_bias", "logit_bias has \(object.count) entries; at most \(maximumBiases) are allowed.")
        }
        var biases: [TokenID: Double] = [:]
        for (key, value) in object.members {
            guard let token = TokenID(key), token >= 0, String(token) == key else {
                throw APIError.invalid("logit_bias", "logit_bias: the key \"\(key.prefix(40))\" is no token number.")
            }
            guard let bias = value.doubleValue, abs(bias) <= 1e6 else {
                throw APIError.invalid(
                    "logit_bias", "logit_bias: the value of token \(token) must be a number between -1000000 and 1000000.")
            }
            biases[token] = bias
        }
        return biases
    }

    private static func bans(_ text: String) throws(APIError) -> Set<TokenID> {
        var bans: Set<TokenID> = []
        for part in text.split(separator: ",") {
            let word = String(part).trimmingSpaces
            guard let token = TokenID(word), token >= 0 else {
                throw APIError.invalid(
                    "custom_token_bans", "custom_token_bans must be token numbers with commas, not \"\(word.prefix(40))\".")
            }
            bans.insert(token)
            guard bans.count <= maximumBiases else {
                throw APIError.invalid("custom_token_bans", "custom_token_bans has more than \(maximumBiases) entries.")
            }
        }
        return bans
    }
}
