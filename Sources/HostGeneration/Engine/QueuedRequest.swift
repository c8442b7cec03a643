import HostConstraints
import HostCore
import HostRuntime

/// A request that has been checked and waits for a place in the batch.
struct QueuedRequest: Sendable {
    /// What is wanted and where it goes.
    enum Goal: Sendable {
        case text(GenerationRequest, BoundedBuffer<GenerationEvent>)
        /// One vector: the logits after the prompt, or its final hidden states.
        case numbers(BatchEntry.Output, BoundedBuffer<[Float]>)
        /// The numbers of the state after the prompt.
        case state(BoundedBuffer<[Float]>)
    }

    /// What comes before the first token.
    struct Beginning: Sendable {
        var initialState: StateSnapshot?
        var namespace: CacheNamespace
    }

    let goal: Goal
    let tokens: [TokenID]
    /// How the sampler would see logits that are wanted as numbers; nil leaves them as they are.
    var sampling: SamplingParameters?
    /// Where the text's form begins, if it must have one.
    var constraint: ConstraintMatcher?
    /// What guidance leads away from.
    var negative: [TokenID] = []
    /// What the client believes that the text will be.
    var prediction: [TokenID] = []
    /// Counts of tokens after which the state is worth keeping.
    var snapshotPoints: [Int] = []
    /// What a text begins from instead of a state that has read nothing.
    let initialState: StateSnapshot?
    /// The name of that beginning.
    let namespace: CacheNamespace
    /// What the prompt goes on from.
    var session: Session?
    /// Gives the session back, with what the request made of it if it came so far.
    var leaveSession: @Sendable (Session?) -> Void = { _ in }
    /// What the request holds of the memory budget until its end.
    var memory: MemoryShare?
    let enqueuedAt = ContinuousClock.now

    init(goal: Goal, tokens: [TokenID], from beginning: Beginning) {
        self.goal = goal
        self.tokens = tokens
        initialState = beginning.initialState
        namespace = beginning.namespace
    }

    /// Bytes that the request takes: its tokens here, in the prompt it came with and with its reader, the same of what
    /// guidance leads away from, and log-probabilities where the prompt is scored.
    var byteCount: Int {
        var bytesPerToken = 3 * MemoryLayout<TokenID>.stride
        if case .text(let request, _) = goal, request.scoresPrompt {
            let alternatives = (request.topLogprobs ?? 0) + 1
            bytesPerToken +=
                MemoryLayout<TokenLogprobs>.stride + 32
                + alternatives * MemoryLayout<TokenLogprobs.Alternative>.stride
        }
        // Drafts look for repeats in the text and in its prediction.
        if case .text = goal { bytesPerToken += RepeatIndex.bytesPerToken }
        return tokens.count * bytesPerToken + negative.count * 3 * MemoryLayout<TokenID>.stride
            + prediction.count * (MemoryLayout<TokenID>.stride + RepeatIndex.bytesPerToken)
    }

    /// What is wanted of the prompt, down to the model.
    var output: BatchEntry.Output {
        switch goal {
        case .numbers(let output, _): output
        case .state: .lastLogits
        case .text(let request, _):
            request.scoresPrompt ? .allLogits : request.sampling.isContrastive ? .lastLogitsAndAllHidden : .lastLogits
        }
    }

    /// How many alternatives are reported with each token of a prompt that is scored.
    var alternatives: Int { if case .text(let request, _) = goal { request.topLogprobs ?? 0 } else { 0 } }

    var isOfSession: Bool { if case .text(let request, _) = goal { request.sessionID != nil } else { false } }

    var isCancelled: Bool {
        switch goal {
        case .text(_, let buffer): buffer.isCancelled
        case .numbers(_, let buffer), .state(let buffer): buffer.isCancelled
        }
    }

    /// Ends a request that never began.
    func endUnstarted() {
        leaveSession(nil)
        switch goal {
        case .text(_, let buffer):
            buffer.send(.finished(FinishReport(reason: .cancelled, usage: Usage(promptTokens: 0, completionTokens: 0))))
            buffer.stopped.open()
            buffer.finish()
        case .numbers(_, let buffer), .state(let buffer): buffer.finish()
        }
    }

    func fail(_ error: GenerationError) {
        leaveSession(nil)
        switch goal {
        case .text(_, let buffer): buffer.finish(throwing: error)
        case .numbers(_, let buffer), .state(let buffer): buffer.finish(throwing: error)
        }
    }
}
