package import HostCore

/// What one request's parameters make of its logits: adjustments, then penalties and filters, then the draw.
///
/// A parameter at its neutral value puts nothing into the chain. To add a processor: its file in `Processors/`, its field
/// in `SamplingParameters`, its line in one of the three lists here, its test.
package struct ProcessorChain {
    /// What the model's side of a request brings.
    package struct Context {
        package var endOfText: [TokenID]
        package var tokenizer: any Tokenizer

        package init(endOfText: [TokenID], tokenizer: any Tokenizer) {
            self.endOfText = endOfText
            self.tokenizer = tokenizer
        }
    }

    /// Bans and bias; log-probabilities are told after these.
    private var adjustments: [any LogitsProcessor]
    private var filters: [any LogitsProcessor]
    private var sampler: any Sampler

    /// Temperatures below are greedy: dividing by less would only overflow.
    private static let leastTemperature = 1e-6

    package init(_ parameters: SamplingParameters, context: Context) {
        let isGreedy = parameters.temperature < ProcessorChain.leastTemperature
        adjustments = ProcessorChain.adjustments(parameters, context)
        filters = ProcessorChain.penalties(parameters, context)
        if isGreedy {
            sampler = GreedySampler()
            return
        }
        let temperature: [any LogitsProcessor] =
            parameters.temperature == 1 ? [] : [TemperatureProcessor(temperature: parameters.temperature)]
        switch parameters.order {
        case .transformers: filters += temperature + ProcessorChain.transformersFilters(parameters)
        case .rwkv: filters += ProcessorChain.rwkvFilters(parameters) + temperature
        }
        sampler = CategoricalSampler(seed: parameters.seed ?? UInt64.random(in: .min ... .max))
    }

    /// How many processors stand in the chain.
    package var count: Int { adjustments.count + filters.count }

    package mutating func promptSeen(_ tokens: [TokenID]) {
        for index in adjustments.indices { adjustments[index].promptSeen(tokens) }
        for index in filters.indices { filters[index].promptSeen(tokens) }
    }

    package mutating func adjust(_ logits: inout [Float]) {
        for index in adjustments.indices { adjustments[index].process(&logits) }
    }

    package mutating func filter(_ logits: inout [Float]) {
        for index in filters.indices { filters[index].process(&logits) }
    }

    package mutating func sample(_ logits: [Float]) -> TokenID { sampler.sample(logits) }

    package mutating func tokenChosen(_ token: TokenID) {
        for index in adjustments.indices { adjustments[index].tokenChosen(token) }
        for index in filters.indices { filters[index].tokenChosen(token) }
    }

    private static func adjustments(_ parameters: SamplingParameters, _ context: Context) -> [any LogitsProcessor] {
        var list: [any LogitsProcessor] = []
        if !parameters.logitBias.isEmpty { list.append(LogitBiasProcessor(bias: parameters.logitBias)) }
        var banned = parameters.bannedTokens
        if parameters.bansEndOfText { banned.formUnion(context.endOfText) }
        if !banned.isEmpty { list.append(TokenBanProcessor(tokens: banned)) }
        if parameters.minLength > 0 {
            list.append(MinLengthProcessor(length: parameters.minLength, endOfText: context.endOfText))
        }
        return list
    }

    private static func penalties(_ parameters: SamplingParameters, _ context: Context) -> [any LogitsProcessor] {
        var list: [any LogitsProcessor] = []
        if parameters.encoderRepetitionPenalty != 1 {
            list.append(
                RepetitionPenaltyProcessor(penalty: 1 / parameters.encoderRepetitionPenalty, countsGenerated: false))
        }
        if parameters.repetitionPenalty != 1 {
            list.append(RepetitionPenaltyProcessor(penalty: parameters.repetitionPenalty))
        }
        if parameters.presencePenalty != 0 || parameters.frequencyPenalty != 0 {
            let tokenizer = context.tokenizer
            list.append(
                OccurrencePenaltyProcessor(
                    presence: parameters.presencePenalty, frequency: parameters.frequencyPenalty,
                    decay: parameters.penaltyDecay,
                    isSpared: parameters.sparesDigitsAndBlanks
                        ? { DigitsAndBlanks.contains(tokenizer.bytes(of: $0)) } : { _ in false }))
        }
        if parameters.noRepeatNgramSize > 0 { list.append(NoRepeatNgramProcessor(size: parameters.noRepeatNgramSize)) }
        return list
    }

    private static func transformersFilters(_ parameters: SamplingParameters) -> [any LogitsProcessor] {
        var list: [any LogitsProcessor] = []
        if parameters.topK > 0 { list.append(TopKProcessor(count: parameters.topK, ties: .keepAll)) }
        if parameters.topP < 1 { list.append(TopPProcessor(mass: parameters.topP, ties: .keepLowest)) }
        return list + commonFilters(parameters)
    }

    /// The package knows top_p and then top_k; the others follow.
    private static func rwkvFilters(_ parameters: SamplingParameters) -> [any LogitsProcessor] {
        var list: [any LogitsProcessor] = []
        if parameters.topP < 1 { list.append(TopPProcessor(mass: parameters.topP, ties: .keepAll)) }
        if parameters.topK > 0 { list.append(TopKProcessor(count: parameters.topK, ties: .keepLowest)) }
        return list + commonFilters(parameters)
    }

    /// In text-generation-webui's default order.
    private static func commonFilters(_ parameters: SamplingParameters) -> [any LogitsProcessor] {
        /// The unit of both cutoffs.
        let tenThousandth = 1e-4
        var list: [any LogitsProcessor] = []
        if parameters.typicalP < 1 { list.append(TypicalPProcessor(mass: parameters.typicalP)) }
        let epsilon = parameters.epsilonCutoff * tenThousandth, eta = parameters.etaCutoff * tenThousandth
        if epsilon > 0 && epsilon < 1 { list.append(CutoffProcessor(.epsilon, probability: epsilon)) }
        if eta > 0 && eta < 1 { list.append(CutoffProcessor(.eta, probability: eta)) }
        if parameters.tfs < 1 { list.append(TailFreeProcessor(share: parameters.tfs)) }
        if parameters.topA > 0 { list.append(TopAProcessor(factor: parameters.topA)) }
        if parameters.minP > 0 { list.append(MinPProcessor(share: parameters.minP)) }
        return list
    }
}
