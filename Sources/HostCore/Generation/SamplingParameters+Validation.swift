extension SamplingParameters {
    /// - Throws: `GenerationError.invalidParameter`, naming the parameter, its range and its value.
    public func validate() throws(GenerationError) {
        for knob in SamplingKnob.all { try knob.check(self) }
        if isContrastive, !(2...Self.maximumContrastiveTopK ~= topK) {
            throw GenerationError(
                .invalidParameter, "top_k",
                "must be between 2 and \(Self.maximumContrastiveTopK) with penalty_alpha, not \(topK)")
        }
        let methods = [guidanceScale != 1, beamCount > 1, isContrastive]
        if methods.count(where: { $0 }) > 1 {
            throw GenerationError(
                .invalidParameter, isContrastive ? "penalty_alpha" : "num_beams",
                "guidance_scale, num_beams and penalty_alpha exclude each other")
        }
    }

    /// Each of them is a state that is fed at every step.
    private static let maximumContrastiveTopK = 64
}
