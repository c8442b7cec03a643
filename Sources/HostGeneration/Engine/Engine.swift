package import HostCore

/// One loaded model and the sequences that it generates, on a thread of its own.
///
/// Each turn is one step of the scheduler; between turns other work of the actor gets its chance. The thread ends when
/// the engine goes; a stream that is still read keeps the engine.
package actor Engine: GenerationEngine {
    package nonisolated let loaded: LoadedModel
    private nonisolated let configuration: EngineConfiguration
    private nonisolated let thread: ComputeThread
    private nonisolated let queue: RequestQueue
    private nonisolated let constraints: ConstraintCache
    private let scheduler: Scheduler

    package nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    package init(_ loaded: LoadedModel, configuration: EngineConfiguration = EngineConfiguration(), log: Log) {
        self.loaded = loaded
        self.configuration = configuration
        thread = ComputeThread.start(name: "engine")
        let queue = RequestQueue(configuration)
        self.queue = queue
        constraints = ConstraintCache(loaded)
        scheduler = Scheduler(loaded: loaded, configuration: configuration, queue: queue, log: log)
    }

    deinit { thread.shutDown() }

    package nonisolated func generate(_ request: GenerationRequest) async throws(GenerationError) -> TokenStream {
        let tokens = try RequestCheck(loaded).tokens(of: request)
        let buffer = BoundedBuffer<GenerationEvent>(capacity: configuration.streamCapacity)
        let constraint = try constraints.matcher(for: request.sampling)
        try queue.add(QueuedRequest(goal: .text(request, buffer), tokens: tokens, constraint: constraint))
        wake()
        return TokenStream(buffer, wake: wake)
    }

    package nonisolated func nextLogits(
        after prompt: GenerationRequest.Prompt, sampling: SamplingParameters?
    ) async throws(GenerationError) -> [Float] {
        let check = RequestCheck(loaded)
        let tokens = try check.tokens(of: prompt)
        if let sampling { try check.validate(sampling) }
        let buffer = BoundedBuffer<[Float]>(capacity: 1)
        let constraint = try sampling.flatMap { sampling throws(GenerationError) in
            try constraints.matcher(for: sampling)
        }
        try queue.add(QueuedRequest(goal: .logits(sampling, buffer), tokens: tokens, constraint: constraint))
        wake()
        let reader = BufferReader(buffer, wake: wake)
        do {
            if let logits = try await reader.next() { return logits }
        } catch let error as GenerationError {
            throw error
        } catch {
            throw GenerationError(.device, "engine", "\(error)")
        }
        throw GenerationError(.unloaded, "engine", "the request was stopped")
    }

    /// Ends every running and waiting generation with `.cancelled`.
    package nonisolated func cancelAll() {
        queue.cancelAll()
        wake()
    }

    /// How many requests run and how many wait.
    package nonisolated var load: (running: Int, waiting: Int) { queue.load }

    /// Has the compute thread look for work; cheap to call again and again.
    private nonisolated func wake() {
        guard queue.claimTurn() else { return }
        thread.perform { self.assumeIsolated { $0.turn() } }
    }

    private func turn() {
        queue.beginTurn()
        if scheduler.step() { wake() }
    }
}
