import HostCore

/// Draws token after token; with guidance, from two contexts that go on side by side.
final class SamplingDecoder: Decoder {
    private var writer: Writer
    private let state: any RecurrentState
    private var logits: [Float]
    private let guidance: Guidance?
    private var written: [TokenID] = []

    /// The context of the negative prompt.
    private final class Guidance {
        let scale: Float
        let state: any RecurrentState
        var logits: [Float]

        init(scale: Double, reader: PromptReader) {
            self.scale = Float(scale)
            state = reader.state
            logits = reader.logits
        }
    }

    /// - Parameter negative: has read what guidance leads away from.
    init(
        _ request: GenerationRequest, reader: PromptReader, negative: PromptReader?, loaded: LoadedModel,
        constraint: ConstraintMatcher?
    ) {
        writer = Writer(request, prompt: reader.tokens, loaded: loaded, constraint: constraint)
        state = reader.state
        logits = reader.logits
        reader.logits = []
        guidance = negative.map { Guidance(scale: request.sampling.guidanceScale, reader: $0) }
    }

    let isSideBySide = true
    var tokenCount: Int { writer.tokenCount }
    var stopString: String? { writer.stopString }
    var progress: (state: any RecurrentState, read: [TokenID], pending: [TokenID])? {
        (state, written.dropLast(), written.suffix(1))
    }

    func begin() throws(GenerationError) -> DecodeStep { try choose() }

    func appendRows(to rows: inout [ForwardRow]) {
        var row = ForwardRow(tokens: written.suffix(1), state: state, output: .lastLogits)
        swap(&row.logits, &logits)
        rows.append(row)
        guard let guidance else { return }
        rows.append(ForwardRow(tokens: written.suffix(1), state: guidance.state, output: .lastLogits))
    }

    func take(_ rows: inout [ForwardRow], at place: Range<Int>) throws(GenerationError) -> DecodeStep {
        swap(&rows[place.lowerBound].logits, &logits)
        if let guidance { swap(&rows[place.lowerBound + 1].logits, &guidance.logits) }
        return try choose()
    }

    func flush() -> String { writer.flush() }

    private func choose() throws(GenerationError) -> DecodeStep {
        if let guidance { try guide(by: guidance) }
        let step = try writer.write(&logits, state: state)
        if let token = step.report?.token { written.append(token) }
        return DecodeStep(step)
    }

    /// scale · (ln p − ln p of the negative context) + ln p of the negative context, for every token.
    ///
    /// - Source: transformers `UnbatchedClassifierFreeGuidanceLogitsProcessor`.
    private func guide(by guidance: Guidance) throws(GenerationError) {
        try LogitsCheck.finite(logits, count: logits.count, state: state)
        try LogitsCheck.finite(guidance.logits, count: logits.count, state: guidance.state)
        let sum = Float(Softmax.logSum(logits)), negativeSum = Float(Softmax.logSum(guidance.logits))
        for token in logits.indices {
            let negative = guidance.logits[token] - negativeSum
            logits[token] = guidance.scale * (logits[token] - sum - negative) + negative
        }
    }
}
