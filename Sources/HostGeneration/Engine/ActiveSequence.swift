import HostCore

/// One sequence in the batch: it reads its prompt, then writes token after token until something ends it.
///
/// Lives on the compute thread alone.
final class ActiveSequence {
    private let goal: QueuedRequest.Goal
    private let prompt: [TokenID]
    private let constraint: ConstraintMatcher?
    private let loaded: LoadedModel
    private let log: Log
    private let chunk: Int
    private var clock: SequenceClock

    private let state: any RecurrentState
    /// How much of the prompt has been read.
    private var readCount = 0
    private var lastToken: TokenID?
    /// The storage goes to the model and comes back at every step.
    private var logits: [Float] = []
    private var scorer: PromptScorer?
    private var writer: Writer?

    private(set) var hasEnded = false

    init(_ request: QueuedRequest, loaded: LoadedModel, configuration: EngineConfiguration, log: Log) {
        goal = request.goal
        prompt = request.tokens
        constraint = request.constraint
        self.loaded = loaded
        self.log = log
        clock = SequenceClock(start: request.enqueuedAt)
        state = loaded.model.makeState()
        if case .text(let request, _) = goal, request.scoresPrompt {
            scorer = PromptScorer(alternatives: request.topLogprobs ?? 0, firstToken: prompt[0])
        }
        chunk = max(1, scorer == nil ? configuration.prefillChunk : configuration.scoringChunk)
    }

    // MARK: What the scheduler asks

    var isCancelled: Bool {
        switch goal {
        case .text(_, let buffer): buffer.isCancelled
        case .logits(_, let buffer): buffer.isCancelled
        }
    }

    /// Whether the reader keeps up; a false makes the reader wake the engine later.
    var hasRoom: Bool {
        switch goal {
        case .text(_, let buffer): buffer.hasRoom()
        case .logits: true
        }
    }

    /// How many prompt tokens come next; nil once the prompt has been read.
    var nextChunkCount: Int? {
        guard readCount < prompt.count else { return nil }
        return min(chunk - readCount % chunk, prompt.count - readCount)
    }

    func makeRow() -> ForwardRow {
        var tokens: [TokenID] = []
        var output = ForwardRow.Output.lastLogits
        if let count = nextChunkCount {
            tokens = Array(prompt[readCount..<readCount + count])
            if scorer != nil {
                output = .allLogits
            } else if readCount + count < prompt.count {
                output = .none
            }
        } else if let lastToken {
            tokens = [lastToken]
        }
        var row = ForwardRow(tokens: tokens, state: state, output: output)
        swap(&row.logits, &logits)
        return row
    }

    /// Takes what the model made of this sequence's row.
    func take(_ row: inout ForwardRow) {
        swap(&row.logits, &logits)
        do throws(GenerationError) {
            if readCount < prompt.count {
                try tookPrompt(row.tokens)
            } else {
                try chooseToken()
            }
        } catch {
            fail(error)
        }
    }

    // MARK: Reading

    private func tookPrompt(_ tokens: [TokenID]) throws(GenerationError) {
        readCount += tokens.count
        if scorer != nil {
            let following = prompt[(readCount - tokens.count + 1)..<min(readCount + 1, prompt.count)]
            try scorer?.score(following, logits: &logits, vocabularySize: loaded.model.vocabularySize)
        }
        guard readCount == prompt.count else { return }
        clock.promptEnded()
        switch goal {
        case .text(let request, let buffer): try beginText(request, buffer)
        case .logits(let sampling, let buffer): try sendLogits(sampling, buffer)
        }
    }

    private func beginText(
        _ request: GenerationRequest, _ buffer: BoundedBuffer<GenerationEvent>
    ) throws(GenerationError) {
        buffer.send(.prompt(PromptReport(tokens: prompt, logprobs: scorer?.reports ?? [])))
        scorer = nil
        writer = Writer(request, prompt: prompt, loaded: loaded, constraint: constraint)
        if request.maxTokens == 0 {
            finish(.length)
        } else {
            try chooseToken()
        }
    }

    private func sendLogits(
        _ sampling: SamplingParameters?, _ buffer: BoundedBuffer<[Float]>
    ) throws(GenerationError) {
        try LogitsCheck.finite(logits, count: loaded.model.vocabularySize)
        if let sampling {
            var chain = ProcessorChain(sampling, context: .init(loaded, constraint: constraint))
            chain.promptSeen(prompt)
            try chain.constrain(&logits)
            chain.adjust(&logits)
            chain.filter(&logits)
        }
        buffer.send(logits)
        buffer.finish()
        hasEnded = true
    }

    // MARK: Writing

    private func chooseToken() throws(GenerationError) {
        guard case .text(_, let buffer) = goal, let step = try writer?.write(&logits) else { return }
        clock.tokenEnded()
        if let report = step.report { buffer.send(.token(report)) }
        lastToken = step.report?.token
        if let ending = step.ending { finish(ending) }
    }

    // MARK: Ending

    /// Ends the text; what was held back is let go.
    func finish(_ reason: FinishReason) {
        guard !hasEnded else { return }
        hasEnded = true
        guard case .text(let request, let buffer) = goal else {
            if case .logits(_, let buffer) = goal { buffer.finish() }
            return
        }
        let text = writer?.flush() ?? ""
        let stop = writer?.stopString
        let usage = Usage(
            promptTokens: prompt.count, completionTokens: writer?.tokenCount ?? 0,
            prefillSeconds: clock.prefillSeconds, decodeSeconds: clock.decodeSeconds)
        let report = FinishReport(reason: stop == nil ? reason : .stop, stopString: stop, text: text, usage: usage)
        log.debug(
            "request \(request.id): \(report.reason) after \(usage.promptTokens) + \(usage.completionTokens) tokens")
        buffer.send(.finished(report))
        buffer.finish()
    }

    func fail(_ error: GenerationError) {
        guard !hasEnded else { return }
        hasEnded = true
        switch goal {
        case .text(let request, let buffer):
            log.error("request \(request.id): \(error)")
            buffer.finish(throwing: error)
        case .logits(_, let buffer): buffer.finish(throwing: error)
        }
    }
}

/// When a sequence's prompt and its last token were done.
struct SequenceClock {
    private let start: ContinuousClock.Instant
    private var promptEnd: ContinuousClock.Instant?
    private var lastTokenEnd: ContinuousClock.Instant?

    init(start: ContinuousClock.Instant) {
        self.start = start
    }

    mutating func promptEnded() { promptEnd = .now }
    mutating func tokenEnded() { lastTokenEnd = .now }

    var prefillSeconds: Double { promptEnd.map { ($0 - start) / .seconds(1) } ?? 0 }

    var decodeSeconds: Double {
        guard let promptEnd, let lastTokenEnd else { return 0 }
        return (lastTokenEnd - promptEnd) / .seconds(1)
    }
}
