import HostCore

/// A request that has been checked and waits for a place in the batch.
struct QueuedRequest: Sendable {
    /// What is wanted and where it goes.
    enum Goal: Sendable {
        case text(GenerationRequest, BoundedBuffer<GenerationEvent>)
        /// The logits after the prompt, raw or as the sampler would see them.
        case logits(SamplingParameters?, BoundedBuffer<[Float]>)
    }

    let goal: Goal
    let tokens: [TokenID]
    /// Where the text's form begins, if it must have one.
    let constraint: ConstraintMatcher?
    let enqueuedAt = ContinuousClock.now

    var isCancelled: Bool {
        switch goal {
        case .text(_, let buffer): buffer.isCancelled
        case .logits(_, let buffer): buffer.isCancelled
        }
    }

    /// Ends a request that never began.
    func endUnstarted() {
        switch goal {
        case .text(_, let buffer):
            buffer.send(.finished(FinishReport(reason: .cancelled, usage: Usage(promptTokens: 0, completionTokens: 0))))
            buffer.finish()
        case .logits(_, let buffer): buffer.finish()
        }
    }

    func fail(_ error: GenerationError) {
        switch goal {
        case .text(_, let buffer): buffer.finish(throwing: error)
        case .logits(_, let buffer): buffer.finish(throwing: error)
        }
    }
}
