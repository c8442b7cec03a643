extension SamplingParameters {
    /// - Throws: `GenerationError.invalidParameter`, naming the parameter, its range and its value.
    public func validate() throws(GenerationError) {
        try check("temperature", temperature, in: 0...1e9)
        try check("top_p", topP, in: 0...1)
        try check("min_p", minP, in: 0...1)
        try check("typical_p", typicalP, in: 0...1)
        try check("epsilon_cutoff", epsilonCutoff, in: 0...1e4)
        try check("eta_cutoff", etaCutoff, in: 0...1e4)
        try check("tfs", tfs, in: 0...1)
        try check("top_a", topA, in: 0...1)
        try check("encoder_repetition_penalty", encoderRepetitionPenalty, in: 1e-3...1e3)
        try check("repetition_penalty", repetitionPenalty, in: 1e-3...1e3)
        try check("presence_penalty", presencePenalty, in: -100...100)
        try check("frequency_penalty", frequencyPenalty, in: -100...100)
        try check("penalty_decay", penaltyDecay, in: 0...1)
        try check("top_n_sigma", topNSigma, in: 0...1e3)
        try check("xtc_probability", xtcProbability, in: 0...1)
        try check("xtc_threshold", xtcThreshold, in: 0...1)
        try check("smoothing_factor", smoothingFactor, in: 0...1e3)
        try check("smoothing_curve", smoothingCurve, in: 1...1e3)
        try check("dry_multiplier", dryMultiplier, in: 0...1e3)
        try check("dry_base", dryBase, in: 1...1e3)
        try check("adaptive_target", adaptiveTarget, in: 0...1)
        try check("adaptive_decay", adaptiveDecay, in: 0...1)
        try check("guidance_scale", guidanceScale, in: -100...100)
        if let dynamicTemperature {
            try check("dynatemp_low", dynamicTemperature.low, in: 1e-3...1e3)
            try check("dynatemp_high", dynamicTemperature.high, in: 1e-3...1e3)
            try check("dynatemp_exponent", dynamicTemperature.exponent, in: 0...1e3)
        }
        if let mirostat {
            try check("mirostat_tau", mirostat.tau, in: 0...100)
            try check("mirostat_eta", mirostat.eta, in: 0...1)
        }
        for bias in logitBias.values { try check("logit_bias", bias, in: -1e10...1e10) }
        try check("top_k", topK)
        try check("no_repeat_ngram_size", noRepeatNgramSize)
        try check("min_length", minLength)
        try check("repetition_penalty_range", penaltyRange)
        try check("dry_allowed_length", dryAllowedLength)
        try check("length_penalty", lengthPenalty, in: -100...100)
        try check("penalty_alpha", penaltyAlpha, in: 0...1)
        guard 1...Self.maximumBeamCount ~= beamCount else {
            throw GenerationError(
                .invalidParameter, "num_beams", "must be between 1 and \(Self.maximumBeamCount), not \(beamCount)")
        }
        if penaltyAlpha > 0, !(2...Self.maximumContrastiveTopK ~= topK) {
            throw GenerationError(
                .invalidParameter, "top_k",
                "must be between 2 and \(Self.maximumContrastiveTopK) with penalty_alpha, not \(topK)")
        }
        let methods = [guidanceScale != 1, beamCount > 1, penaltyAlpha > 0]
        if methods.count(where: { $0 }) > 1 {
            throw GenerationError(
                .invalidParameter, penaltyAlpha > 0 ? "penalty_alpha" : "num_beams",
                "guidance_scale, num_beams and penalty_alpha exclude each other")
        }
        if Set(priority).count < priority.count {
            throw GenerationError(.invalidParameter, "sampler_priority", "names a sampler twice")
        }
    }

    private static let maximumBeamCount = 64
    /// Each of them is a state that is fed at every step.
    private static let maximumContrastiveTopK = 64

    private func check(_ name: String, _ value: Int) throws(GenerationError) {
        guard value >= 0 else {
            throw GenerationError(.invalidParameter, name, "must be 0 (off) or more, not \(value)")
        }
    }

    private func check(
        _ name: String, _ value: Double, in range: ClosedRange<Double>
    ) throws(GenerationError) {
        // A NaN is in no range.
        guard range.contains(value) else {
            throw GenerationError(
                .invalidParameter, name, "must be between \(range.lowerBound) and \(range.upperBound), not \(value)")
        }
    }
}
