import HostCore
import HostRuntime

/// One sequence in the batch: it reads its prompt, then writes token after token until something ends it.
///
/// Lives on the compute thread alone.
final class ActiveSequence {
    /// A long prompt shows in the log whenever this many more of its tokens have been read.
    private static let loggedInterval = 1 << 16

    private let request: QueuedRequest
    private let loaded: LoadedModel
    private let kept: KeptStates
    private let writtenStateInterval: Int
    private let room: DraftRoom
    private let log: Log
    private var clock: SequenceClock

    let reader: PromptReader
    /// Reads what guidance leads away from.
    private let negative: PromptReader?
    /// Those of which the present step has entries, in their order.
    private var busy: [PromptReader] = []
    private var decoder: (any Decoder)?
    /// What was chosen in the present step.
    private var choice: Result<DecodeStep, GenerationError>?
    /// How many tokens had been sent before the present step.
    private var toldCount = 0
    private(set) var hasEnded = false

    /// - Throws: `GenerationError.stateMismatch` for a session's state that does not fit.
    init(
        _ request: QueuedRequest, loaded: LoadedModel, configuration: EngineConfiguration, kept: KeptStates, room: DraftRoom,
        log: Log
    ) throws(GenerationError) {
        self.request = request
        self.loaded = loaded
        self.kept = kept
        writtenStateInterval = configuration.writtenStateInterval
        self.room = room
        self.log = log
        clock = SequenceClock(start: request.enqueuedAt)
        let state = loaded.model.makeState()
        if let snapshot = request.session?.snapshot ?? request.initialState { try state.restore(snapshot) }
        // A session's text begins before the prompt, so its states have no name by the prompt's tokens.
        reader = PromptReader(
            request.tokens, output: request.output, alternatives: request.alternatives, state: state, namespace: request.namespace,
            snapshotPoints: request.snapshotPoints,
            model: loaded.model, kept: request.isOfSession ? nil : kept, configuration: configuration)
        guard !request.negative.isEmpty else {
            negative = nil
            return
        }
        let negativeState = loaded.model.makeState()
        if let snapshot = request.initialState { try negativeState.restore(snapshot) }
        negative = PromptReader(
            request.negative, state: negativeState, namespace: request.namespace, model: loaded.model, kept: kept,
            configuration: configuration)
    }

    private var readers: [PromptReader] { [reader] + (negative.map { [$0] } ?? []) }

    /// Whether the first token was read after a state that came from elsewhere.
    private var beganFromState: Bool { request.session != nil || request.initialState != nil }

    // MARK: What the scheduler asks

    var isCancelled: Bool { request.isCancelled }

    /// Whether the client keeps up; a false makes it wake the engine later. A prompt needs no keeping up.
    var hasRoom: Bool {
        if decoder != nil, case .text(_, let buffer) = request.goal { buffer.hasRoom() } else { true }
    }

    /// Whether the prompt has been read and the text goes on.
    var isWriting: Bool { decoder != nil && !hasEnded }

    /// Whether there is nothing to do until another sequence has read further.
    var isWaiting: Bool { reader.isWaiting && negative?.isDone ?? true }

    /// How many prompt tokens come next; nil once all prompts have been read.
    var nextChunkCount: Int? {
        let counts = readers.filter { !$0.isDone && !$0.isWaiting }.map(\.nextCount)
        return counts.isEmpty ? nil : counts.reduce(0, +)
    }

    /// Goes on where nothing has to be fed; called before each step.
    func prepare() {
        guard decoder == nil, !hasEnded, readers.allSatisfy(\.isDone) else { return }
        attempt { () throws(GenerationError) in try promptRead() }
    }

    func appendEntries(to entries: inout [BatchEntry]) {
        if let decoder { return decoder.appendEntries(to: &entries) }
        busy = readers.filter { !$0.isDone && !$0.isWaiting }
        for reader in busy { entries.append(reader.makeEntry()) }
    }

    /// Whether `choose` may run beside that of other sequences, on any thread.
    var samplesConcurrently: Bool { decoder?.samplesConcurrently ?? false }

    /// Takes what the model made of this sequence's entries and chooses the next token, which is not sent yet.
    func choose(_ entries: inout [BatchEntry]) {
        guard let decoder else { return }
        choice = Result { () throws(GenerationError) in try decoder.take(&entries, at: entries.indices) }
    }

    /// Sends what was chosen.
    func reportChoice() {
        guard let choice else { return }
        self.choice = nil
        attempt { () throws(GenerationError) in emit(try choice.get()) }
    }

    /// Takes what the model made of this sequence's entries.
    func take(_ entries: inout [BatchEntry], at place: Range<Int>) {
        attempt { () throws(GenerationError) in
            if let decoder { return emit(try decoder.take(&entries, at: place)) }
            for (entry, reader) in zip(place, busy) { try reader.take(&entries[entry]) }
            reportProgress()
            if readers.allSatisfy(\.isDone) { try promptRead() }
        }
    }

    private func attempt(_ body: () throws(GenerationError) -> Void) {
        do {
            try body()
        } catch {
            fail(beganFromState ? LogitsCheck.suspectingState(error) : error)
        }
    }

    // MARK: The end of the prompt

    private func reportProgress() {
        guard case .text(let request, let buffer) = request.goal, !reader.isDone else { return }
        let read = reader.readCount, total = reader.tokens.count
        if read.isMultiple(of: ActiveSequence.loggedInterval) {
            log.info("request \(request.id): \(read) of \(total) prompt tokens have been read")
        }
        // A client that does not keep up misses some of it.
        if request.reportsProgress, buffer.hasRoom() { buffer.send(.progress(read: read, total: total)) }
    }

    private func promptRead() throws(GenerationError) {
        clock.promptEnded()
        switch request.goal {
        case .text(let request, let buffer): try beginText(request, buffer)
        case .numbers(.lastLogits, let buffer): try sendLogits(buffer)
        case .numbers(_, let buffer): try sendHidden(buffer)
        case .state(let buffer): end(with: try reader.state.pendingSnapshot().value().values, buffer)
        }
    }

    private func beginText(
        _ request: GenerationRequest, _ buffer: BoundedBuffer<GenerationEvent>
    ) throws(GenerationError) {
        buffer.send(
            .prompt(
                PromptReport(
                    tokens: reader.tokens, cachedCount: reader.cachedCount,
                    logprobs: reader.scorer?.reports ?? [])))
        if request.maxTokens == 0 { return finish(.length) }
        let constraint = self.request.constraint
        let decoder: any Decoder =
            if request.sampling.beamCount > 1 {
                BeamDecoder(request, reader: reader, loaded: loaded, constraint: constraint)
            } else if request.sampling.isContrastive {
                ContrastiveDecoder(request, reader: reader, loaded: loaded, constraint: constraint)
            } else {
                SamplingDecoder(
                    request, reader: reader, negative: negative, loaded: loaded, constraint: constraint,
                    prediction: self.request.prediction, room: room)
            }
        self.decoder = decoder
        emit(try decoder.begin())
    }

    private func sendLogits(_ buffer: BoundedBuffer<[Float]>) throws(GenerationError) {
        var logits = reader.logits
        try LogitsCheck.finite(logits, count: loaded.model.vocabularySize, state: reader.state)
        if let sampling = request.sampling {
            var chain = ProcessorChain(sampling, context: .init(loaded, constraint: request.constraint))
            chain.promptSeen(reader.tokens)
            try chain.constrain(&logits)
            chain.adjust(&logits)
            chain.filter(&logits)
        }
        end(with: logits, buffer)
    }

    private func sendHidden(_ buffer: BoundedBuffer<[Float]>) throws(GenerationError) {
        guard reader.hidden.count == loaded.model.hiddenSize else {
            throw GenerationError(
                .device, "hidden state",
                "the model gave \(reader.hidden.count) numbers, not \(loaded.model.hiddenSize)")
        }
        guard reader.hidden.allSatisfy(\.isFinite) else {
            throw LogitsCheck.nonFinite("hidden state", state: reader.state)
        }
        end(with: reader.hidden, buffer)
    }

    private func end(with numbers: [Float], _ buffer: BoundedBuffer<[Float]>) {
        buffer.send(numbers)
        buffer.finish()
        hasEnded = true
        reader.releaseFollowers()
    }

    // MARK: Writing

    private func emit(_ step: DecodeStep) {
        guard case .text(_, let buffer) = request.goal else { return }
        if !step.reports.isEmpty || step.ending != nil { clock.tokenEnded() }
        for report in step.reports { buffer.send(.token(report)) }
        keepOnTheWay()
        if let ending = step.ending { finish(ending) }
        decoder?.settle()
    }

    /// Keeps the state of a text that is being written now and then, for one that goes another way from there.
    private func keepOnTheWay() {
        guard !request.isOfSession, let decoder, decoder.samplesConcurrently, writtenStateInterval > 0 else { return }
        // The token drawn last has not been read yet.
        let last = decoder.tokenCount - 1
        for count in toldCount..<max(last + 1, toldCount) where count > 0 && count.isMultiple(of: writtenStateInterval) {
            guard let state = decoder.state(havingRead: count), let progress = decoder.progress else { continue }
            kept.keep(state, logits: nil, at: reader.place(with: Array(progress.read.prefix(count))), isOnTheWay: true)
        }
        toldCount = decoder.tokenCount
    }

    // MARK: Ending

    /// Ends the text; what was held back is let go.
    func finish(_ reason: FinishReason) {
        guard !hasEnded else { return }
        hasEnded = true
        reader.releaseFollowers()
        negative?.releaseFollowers()
        remember(reason)
        guard case .text(let request, let buffer) = request.goal else { return self.request.endUnstarted() }
        var text = decoder?.flush() ?? ""
        let stop = decoder?.stopString
        if request.keepsStopString { text += stop ?? "" }
        var usage = Usage(
            promptTokens: reader.tokens.count, cachedTokens: reader.cachedCount,
            completionTokens: decoder?.tokenCount ?? 0, prefillSeconds: clock.prefillSeconds,
            decodeSeconds: clock.decodeSeconds)
        usage.queueSeconds = clock.queueSeconds
        if let counts = decoder?.predictionCounts {
            (usage.acceptedPredictionTokens, usage.rejectedPredictionTokens) = counts
        }
        let report = FinishReport(reason: stop == nil ? reason : .stop, stopString: stop, text: text, usage: usage)
        log.debug(
            "request \(request.id): \(report.reason) after \(usage.promptTokens) + \(usage.completionTokens) tokens, "
                + "\(usage.cachedTokens) of them known before")
        buffer.send(.finished(report))
        if reason == .cancelled { buffer.stopped.open() }
        buffer.finish()
    }

    func fail(_ error: GenerationError) {
        guard !hasEnded else { return }
        hasEnded = true
        reader.releaseFollowers()
        negative?.releaseFollowers()
        if case .text(let request, _) = request.goal { log.error("request \(request.id): \(error)") }
        request.fail(error)
    }

    /// Keeps the state at the end of the text, for the next turn of a conversation or of the session.
    private func remember(_ reason: FinishReason) {
        guard reader.isDone, decoder != nil || request.isOfSession else { return request.leaveSession(nil) }
        let progress = decoder == nil ? (reader.state, [], []) : decoder?.progress
        guard let (state, read, pending) = progress else { return request.leaveSession(nil) }
        if request.isOfSession {
            let count = (request.session?.tokenCount ?? 0) + reader.tokens.count + read.count
            do {
                let snapshot = try state.pendingSnapshot().value()
                request.leaveSession(Session(snapshot: snapshot, tokenCount: count, pending: pending))
            } catch {
                log.error("the session stays as it was: \(error)")
                request.leaveSession(nil)
            }
        } else if !read.isEmpty {
            kept.keep(state, logits: nil, at: reader.place(with: read))
        }
    }
}
