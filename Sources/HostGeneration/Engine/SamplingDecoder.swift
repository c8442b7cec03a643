import HostConstraints
import HostCore

/// Draws token after token; with guidance, from two contexts that go on side by side.
///
/// Where a draft says what may come, its tokens are fed along with the last one that was drawn, each in an entry of its own.
/// Every token is then drawn as ever, from the logits after the ones before it; the draft only decides for how many
/// draws logits are at hand.
final class SamplingDecoder: Decoder {
    private var writer: TextBuilder
    private let lane: DecodeLane
    /// The context of the negative prompt, and how far to lead away from it.
    private let guidance: (lane: DecodeLane, scale: Float)?
    private let room: DraftRoom
    private var drafter: Drafter?
    private var draft: [TokenID] = []
    /// How many tokens of the draft were drawn, too.
    private var agreed = 0
    private var written: [TokenID] = []
    /// How many of them the state had read before the present step.
    private var readCount = 0
    /// Whether the last token of `written` was fed in the present step.
    private var hasFed = false

    /// - Parameters:
    ///   - negative: has read what guidance leads away from.
    ///   - prediction: what the client believes the text to be.
    init(
        _ request: GenerationRequest, reader: PromptReader, negative: PromptReader?, loaded: LoadedModel,
        constraint: ConstraintMatcher?, prediction: [TokenID], room: DraftRoom
    ) {
        writer = TextBuilder(request, prompt: reader.tokens, loaded: loaded, constraint: constraint)
        lane = DecodeLane(reader)
        guidance = negative.map { (DecodeLane($0), Float(request.sampling.guidanceScale)) }
        self.room = room
        guard room.isOpen else { return }
        drafter = Drafter(
            prompt: reader.tokens, prediction: prediction, tokenizer: constraint == nil ? nil : loaded.tokenizer,
            model: room.makeGuesser(after: reader.tokens.count))
    }

    let samplesConcurrently = true
    var tokenCount: Int { writer.tokenCount }
    var stopString: String? { writer.stopString }

    var progress: (state: any RecurrentState, read: [TokenID], pending: [TokenID])? {
        (lane.state(after: agreed), Array(written[..<currentCount]), Array(written[currentCount...]))
    }

    /// How many of the written tokens have been read on the way that was agreed on.
    private var currentCount: Int { readCount + (hasFed ? 1 : 0) + agreed }

    var predictionCounts: (accepted: Int, rejected: Int) {
        (drafter?.acceptedPredictionTokens ?? 0, drafter?.rejectedPredictionTokens ?? 0)
    }

    func state(havingRead count: Int) -> (any RecurrentState)? {
        let place = count - readCount - (hasFed ? 1 : 0)
        return hasFed && (0...agreed).contains(place) ? lane.state(after: place) : nil
    }

    func begin() throws(GenerationError) -> DecodeStep {
        var step = DecodeStep()
        _ = try choose(&step)
        drafter?.settle(written, agreed: 0)
        return step
    }

    func appendEntries(to entries: inout [BatchEntry]) {
        guard let token = written.last else { return }
        var pace = room.pace(lanes: guidance == nil ? 1 : 2)
        // The last token that may be written is drawn, not tried.
        if let left = writer.tokensLeft { pace.room = min(pace.room, left - 1) }
        draft = drafter?.draft(pace, constraint: writer.constraint, stepSeconds: room.stepSeconds) ?? []
        lane.appendEntries(token, draft, from: room, to: &entries)
        guidance?.lane.appendEntries(token, draft, from: room, to: &entries)
        hasFed = true
    }

    func take(_ entries: inout [BatchEntry], at place: Range<Int>) throws(GenerationError) -> DecodeStep {
        var step = DecodeStep()
        let before = written.count, length = draft.count + 1
        defer {
            lane.keepStorage(of: &entries, at: place.prefix(length))
            guidance?.lane.keepStorage(of: &entries, at: place.dropFirst(length))
        }
        for index in 0..<length {
            lane.take(&entries[place.lowerBound + index])
            guidance?.lane.take(&entries[place.lowerBound + length + index])
            agreed = index
            let token = try choose(&step)
            if step.ending != nil || index == draft.count || token != draft[index] { break }
        }
        drafter?.settle(Array(written[before...]), agreed: agreed)
        return step
    }

    /// Goes on from what was agreed on, when all of the step has been sent.
    func settle() {
        readCount = currentCount
        hasFed = false
        lane.settle(agreed: agreed, in: room)
        guidance?.lane.settle(agreed: agreed, in: room)
        agreed = 0
    }

    func flush() -> String { writer.flush() }

    private func choose(_ step: inout DecodeStep) throws(GenerationError) -> TokenID? {
        if let guidance { try guide(by: guidance.lane, guidance.scale) }
        let next = try writer.write(&lane.logits, state: lane.state(after: agreed))
        step.append(next)
        guard let token = next.report?.token else { return nil }
        written.append(token)
        return token
    }

    /// scale · (ln p − ln p of the negative context) + ln p of the negative context, for every token.
    ///
    /// - Source: transformers `UnbatchedClassifierFreeGuidanceLogitsProcessor`.
    private func guide(by negative: DecodeLane, _ scale: Float) throws(GenerationError) {
        try LogitsCheck.finite(lane.logits, count: lane.logits.count, state: lane.state(after: agreed))
        try LogitsCheck.finite(negative.logits, count: lane.logits.count, state: negative.state(after: agreed))
        let sum = Float(Softmax.logSum(lane.logits)), negativeSum = Float(Softmax.logSum(negative.logits))
        for token in lane.logits.indices {
            let other = negative.logits[token] - negativeSum
            lane.logits[token] = scale * (lane.logits[token] - sum - other) + other
        }
    }
}
