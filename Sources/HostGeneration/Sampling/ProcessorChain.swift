package import HostConstraints
package import HostCore

/// What one request's parameters make of its logits: adjustments, then penalties and filters, then the draw.
///
/// A parameter at its neutral value puts nothing into the chain. To add a processor: its file in `Processors/`, its field
/// in `SamplingParameters`, its name in `SamplingStage`, its case in `ProcessorChain.processor(for:)`, its test.
package struct ProcessorChain {
    /// What the model's side of a request brings.
    package struct Context {
        package var endOfText: [TokenID]
        package var tokenizer: any Tokenizer
        /// The form of the text at its beginning; nil leaves it free.
        package var constraint: ConstraintMatcher?

        package init(endOfText: [TokenID], tokenizer: any Tokenizer, constraint: ConstraintMatcher? = nil) {
            self.endOfText = endOfText
            self.tokenizer = tokenizer
            self.constraint = constraint
        }
    }

    /// What the text must look like; acts before everything else.
    private(set) var constraint: ConstraintMatcher?
    /// Bans and bias; log-probabilities are reported after these.
    private var adjustments: [any LogitsProcessor]
    private var stages: [any LogitsProcessor]
    private var sampler: any Sampler

    /// Temperatures below are greedy: dividing by less would only overflow.
    private static let leastTemperature = 1e-6

    /// - Parameter extra: processors from outside; they act before the built-in filters.
    package init(_ parameters: SamplingParameters, context: Context, extra: [any LogitsProcessor] = []) {
        let isGreedy = parameters.temperature < ProcessorChain.leastTemperature
        let seed = parameters.seed ?? UInt64.random(in: .min ... .max)
        constraint = context.constraint
        adjustments = ProcessorChain.adjustments(parameters, context)
        stages =
            extra.map(GuardedProcessor.init)
            + parameters.stages.filter { $0.isPenalty || !isGreedy }.compactMap {
                ProcessorChain.processor(for: $0, parameters, context, seed: seed)
            }
        sampler = isGreedy ? GreedySampler() : CategoricalSampler(seed: seed)
    }

    /// How many processors stand in the chain.
    package var count: Int { adjustments.count + stages.count }

    package mutating func promptSeen(_ tokens: [TokenID]) {
        for index in adjustments.indices { adjustments[index].promptSeen(tokens) }
        for index in stages.indices { stages[index].promptSeen(tokens) }
    }

    /// Whether the text is complete in the form that it must have, so that nothing may follow.
    package var mustEnd: Bool { constraint?.mustEnd ?? false }

    /// Removes the tokens that would leave the form that the text must have.
    ///
    /// - Throws: `GenerationError.invalidParameter` when the constraint cannot go on.
    package func constrain(_ logits: inout [Float]) throws(GenerationError) { try constraint?.mask(&logits) }

    package mutating func adjust(_ logits: inout [Float]) {
        for index in adjustments.indices { adjustments[index].process(&logits) }
    }

    package mutating func filter(_ logits: inout [Float]) {
        for index in stages.indices { stages[index].process(&logits) }
    }

    package mutating func sample(_ logits: [Float]) -> TokenID { sampler.sample(logits) }

    package mutating func tokenChosen(_ token: TokenID) {
        constraint?.advance(by: token)
        for index in adjustments.indices { adjustments[index].tokenChosen(token) }
        for index in stages.indices { stages[index].tokenChosen(token) }
    }

    private static func adjustments(_ parameters: SamplingParameters, _ context: Context) -> [any LogitsProcessor] {
        var list: [any LogitsProcessor] = []
        if !parameters.logitBias.isEmpty { list.append(LogitBiasProcessor(bias: parameters.logitBias)) }
        var banned = parameters.bannedTokens
        if parameters.bansEndOfText { banned.formUnion(context.endOfText) }
        if !banned.isEmpty { list.append(TokenBanProcessor(tokens: banned)) }
        if !parameters.allowedTokens.isEmpty { list.append(AllowedTokensProcessor(tokens: parameters.allowedTokens)) }
        if parameters.minNewTokens > 0 {
            list.append(MinLengthProcessor(length: parameters.minNewTokens, endOfText: context.endOfText, countsPrompt: false))
        }
        if parameters.minLength > 0 {
            list.append(MinLengthProcessor(length: parameters.minLength, endOfText: context.endOfText))
        }
        return list
    }
}
