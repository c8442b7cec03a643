import HostCore

extension ProcessorChain {
    /// The unit of both cutoffs.
    private static let tenThousandth = 1e-4

    /// The processor of a stage; nil where its parameters are neutral.
    ///
    /// What becomes of ties is transformers' or the `rwkv` package's way.
    /// - Parameter seed: the request's; each stage that draws makes its own of it.
    static func processor(
        for stage: SamplingStage, _ parameters: SamplingParameters, _ context: Context, seed: UInt64
    ) -> (any LogitsProcessor)? {
        let isNative = parameters.order == .rwkv
        let epsilon = parameters.epsilonCutoff * tenThousandth, eta = parameters.etaCutoff * tenThousandth
        switch stage {
        case .repetitionPenalty:
            guard parameters.repetitionPenalty != 1 else { return nil }
            return RepetitionPenaltyProcessor(penalty: parameters.repetitionPenalty, range: parameters.penaltyRange)
        case .encoderRepetitionPenalty:
            guard parameters.encoderRepetitionPenalty != 1 else { return nil }
            return RepetitionPenaltyProcessor(penalty: 1 / parameters.encoderRepetitionPenalty, countsGenerated: false)
        case .presencePenalty: return occurrence(parameters, context, presence: parameters.presencePenalty)
        case .frequencyPenalty: return occurrence(parameters, context, frequency: parameters.frequencyPenalty)
        case .dry: return parameters.dryMultiplier > 0 ? dry(parameters, context) : nil
        case .noRepeatNgram:
            return parameters.noRepeatNgramSize > 0 ? NoRepeatNgramProcessor(size: parameters.noRepeatNgramSize) : nil
        case .temperature:
            return parameters.temperature == 1 ? nil : TemperatureProcessor(temperature: parameters.temperature)
        case .dynamicTemperature:
            return parameters.dynamicTemperature.isOn ? DynamicTemperatureProcessor(parameters.dynamicTemperature) : nil
        case .quadraticSampling:
            guard parameters.smoothingFactor > 0 else { return nil }
            return QuadraticSmoothingProcessor(factor: parameters.smoothingFactor, curve: parameters.smoothingCurve)
        case .topNSigma: return parameters.topNSigma > 0 ? TopNSigmaProcessor(count: parameters.topNSigma) : nil
        case .topK:
            return parameters.topK > 0 ? TopKProcessor(count: parameters.topK, ties: isNative ? .keepLowest : .keepAll) : nil
        case .topP:
            return parameters.topP < 1 ? TopPProcessor(mass: parameters.topP, ties: isNative ? .keepAll : .keepLowest) : nil
        case .typicalP: return parameters.typicalP < 1 ? TypicalPProcessor(mass: parameters.typicalP) : nil
        case .epsilonCutoff: return 0..<1 ~= epsilon && epsilon > 0 ? CutoffProcessor(.epsilon, probability: epsilon) : nil
        case .etaCutoff: return 0..<1 ~= eta && eta > 0 ? CutoffProcessor(.eta, probability: eta) : nil
        case .tfs: return parameters.tfs < 1 ? TailFreeProcessor(share: parameters.tfs) : nil
        case .topA: return parameters.topA > 0 ? TopAProcessor(factor: parameters.topA) : nil
        case .minP: return parameters.minP > 0 ? MinPProcessor(share: parameters.minP) : nil
        case .xtc: return parameters.xtcProbability > 0 ? xtc(parameters, context, seed: seed ^ 0x5854_4300) : nil
        case .adaptiveP:
            guard parameters.adaptiveTarget > 0 else { return nil }
            return AdaptivePProcessor(
                target: parameters.adaptiveTarget, decay: parameters.adaptiveDecay, seed: seed ^ 0x4144_5000)
        case .mirostat: return mirostat(parameters.mirostat, seed: seed ^ 0x4D49_5200)
        }
    }

    private static func occurrence(
        _ parameters: SamplingParameters, _ context: Context, presence: Double = 0, frequency: Double = 0
    ) -> (any LogitsProcessor)? {
        guard presence != 0 || frequency != 0 else { return nil }
        let fades = parameters.penaltyDecay != 1
        let countsPrompt = parameters.penaltiesCountPrompt ?? !fades
        guard fades || parameters.sparesDigitsAndBlanks else {
            return OccurrencePenaltyProcessor(
                presence: presence, frequency: frequency, range: parameters.penaltyRange, countsPrompt: countsPrompt)
        }
        let tokenizer = context.tokenizer
        return FadingPenaltyProcessor(
            presence: presence, frequency: frequency, decay: parameters.penaltyDecay, countsPrompt: countsPrompt,
            isSpared: parameters.sparesDigitsAndBlanks
                ? { DigitsAndBlanks.contains(tokenizer.bytes(of: $0)) } : { _ in false })
    }

    private static func dry(_ parameters: SamplingParameters, _ context: Context) -> any LogitsProcessor {
        DRYProcessor(
            multiplier: parameters.dryMultiplier, base: parameters.dryBase, allowedLength: parameters.dryAllowedLength,
            breakers: DRYProcessor.breakers(parameters.dryBreakers, tokenizer: context.tokenizer),
            range: parameters.dryRange == 0 ? parameters.penaltyRange : max(0, parameters.dryRange))
    }

    private static func xtc(_ parameters: SamplingParameters, _ context: Context, seed: UInt64) -> any LogitsProcessor {
        let newline = context.tokenizer.encode("\n", parsesSpecialTokens: false).suffix(1)
        return XTCProcessor(
            probability: parameters.xtcProbability, threshold: parameters.xtcThreshold,
            spared: Set(context.endOfText + newline), seed: seed)
    }

    private static func mirostat(_ mirostat: SamplingParameters.Mirostat, seed: UInt64) -> (any LogitsProcessor)? {
        switch mirostat.version {
        case nil: nil
        case .one: Mirostat1Processor(tau: mirostat.tau, eta: mirostat.eta, seed: seed)
        case .two: Mirostat2Processor(tau: mirostat.tau, eta: mirostat.eta, seed: seed)
        }
    }
}
