import HostCore

extension ProcessorChain {
    /// The unit of both cutoffs.
    private static let tenThousandth = 1e-4

    /// The processor of a stage; nil where its parameters are neutral.
    ///
    /// - Parameter seed: the request's; each stage that draws makes its own of it.
    static func processor(
        for stage: SamplingStage, _ parameters: SamplingParameters, _ context: Context, seed: UInt64
    ) -> (any LogitsProcessor)? {
        switch stage {
        case .repetitionPenalty, .presencePenalty, .frequencyPenalty, .dry, .encoderRepetitionPenalty, .noRepeatNgram:
            penalty(stage, parameters, context)
        case .temperature, .dynamicTemperature, .quadraticSampling: temperature(stage, parameters)
        case .adaptiveP, .mirostat, .xtc: drawing(stage, parameters, context, seed: seed)
        default: filter(stage, parameters)
        }
    }

    private static func penalty(
        _ stage: SamplingStage, _ parameters: SamplingParameters, _ context: Context
    ) -> (any LogitsProcessor)? {
        switch stage {
        case .repetitionPenalty where parameters.repetitionPenalty != 1:
            RepetitionPenaltyProcessor(penalty: parameters.repetitionPenalty, range: parameters.penaltyRange)
        case .encoderRepetitionPenalty where parameters.encoderRepetitionPenalty != 1:
            RepetitionPenaltyProcessor(penalty: 1 / parameters.encoderRepetitionPenalty, countsGenerated: false)
        case .presencePenalty where parameters.presencePenalty != 0:
            occurrence(parameters, context, presence: parameters.presencePenalty)
        case .frequencyPenalty where parameters.frequencyPenalty != 0:
            occurrence(parameters, context, frequency: parameters.frequencyPenalty)
        case .dry where parameters.dryMultiplier > 0:
            DRYProcessor(
                multiplier: parameters.dryMultiplier, base: parameters.dryBase,
                allowedLength: parameters.dryAllowedLength,
                breakers: DRYProcessor.breakers(parameters.dryBreakers, tokenizer: context.tokenizer),
                range: parameters.penaltyRange)
        case .noRepeatNgram where parameters.noRepeatNgramSize > 0:
            NoRepeatNgramProcessor(size: parameters.noRepeatNgramSize)
        default: nil
        }
    }

    private static func occurrence(
        _ parameters: SamplingParameters, _ context: Context, presence: Double = 0, frequency: Double = 0
    ) -> any LogitsProcessor {
        let fades = parameters.penaltyDecay != 1 || parameters.sparesDigitsAndBlanks
        guard fades else {
            return OccurrencePenaltyProcessor(
                presence: presence, frequency: frequency, range: parameters.penaltyRange,
                countsPrompt: parameters.penaltiesCountPrompt)
        }
        let tokenizer = context.tokenizer
        return FadingPenaltyProcessor(
            presence: presence, frequency: frequency, decay: parameters.penaltyDecay,
            countsPrompt: parameters.penaltiesCountPrompt,
            isSpared: parameters.sparesDigitsAndBlanks
                ? { DigitsAndBlanks.contains(tokenizer.bytes(of: $0)) } : { _ in false })
    }

    private static func temperature(
        _ stage: SamplingStage, _ parameters: SamplingParameters
    ) -> (any LogitsProcessor)? {
        switch stage {
        case .temperature where parameters.temperature != 1: TemperatureProcessor(temperature: parameters.temperature)
        case .dynamicTemperature: parameters.dynamicTemperature.map(DynamicTemperatureProcessor.init)
        case .quadraticSampling where parameters.smoothingFactor > 0:
            QuadraticSmoothingProcessor(factor: parameters.smoothingFactor, curve: parameters.smoothingCurve)
        default: nil
        }
    }

    /// What becomes of ties is transformers' or the `rwkv` package's way.
    private static func filter(_ stage: SamplingStage, _ parameters: SamplingParameters) -> (any LogitsProcessor)? {
        let isNative = parameters.order == .rwkv
        let epsilon = parameters.epsilonCutoff * tenThousandth, eta = parameters.etaCutoff * tenThousandth
        switch stage {
        case .topNSigma where parameters.topNSigma > 0: return TopNSigmaProcessor(count: parameters.topNSigma)
        case .topK where parameters.topK > 0:
            return TopKProcessor(count: parameters.topK, ties: isNative ? .keepLowest : .keepAll)
        case .topP where parameters.topP < 1:
            return TopPProcessor(mass: parameters.topP, ties: isNative ? .keepAll : .keepLowest)
        case .typicalP where parameters.typicalP < 1: return TypicalPProcessor(mass: parameters.typicalP)
        case .epsilonCutoff where epsilon > 0 && epsilon < 1: return CutoffProcessor(.epsilon, probability: epsilon)
        case .etaCutoff where eta > 0 && eta < 1: return CutoffProcessor(.eta, probability: eta)
        case .tfs where parameters.tfs < 1: return TailFreeProcessor(share: parameters.tfs)
        case .topA where parameters.topA > 0: return TopAProcessor(factor: parameters.topA)
        case .minP where parameters.minP > 0: return MinPProcessor(share: parameters.minP)
        default: return nil
        }
    }

    /// Stages with chance in them; no two share their random numbers.
    private static func drawing(
        _ stage: SamplingStage, _ parameters: SamplingParameters, _ context: Context, seed: UInt64
    ) -> (any LogitsProcessor)? {
        switch stage {
        case .xtc where parameters.xtcProbability > 0:
            let newline = context.tokenizer.encode("\n", parsesSpecialTokens: false).suffix(1)
            return XTCProcessor(
                probability: parameters.xtcProbability, threshold: parameters.xtcThreshold,
                spared: Set(context.endOfText + newline), seed: seed ^ 0x5854_4300)
        case .adaptiveP where parameters.adaptiveTarget > 0:
            return AdaptivePProcessor(
                target: parameters.adaptiveTarget, decay: parameters.adaptiveDecay, seed: seed ^ 0x4144_5000)
        case .mirostat:
            guard let mirostat = parameters.mirostat else { return nil }
            let own = seed ^ 0x4D49_5200
            switch mirostat.version {
            case .one: return Mirostat1Processor(tau: mirostat.tau, eta: mirostat.eta, seed: own)
            case .two: return Mirostat2Processor(tau: mirostat.tau, eta: mirostat.eta, seed: own)
            }
        default: return nil
        }
    }
}
