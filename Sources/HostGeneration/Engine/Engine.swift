import HostConstraints
package import HostCore
package import HostRuntime

/// One loaded model and the sequences that it generates, on a thread of its own.
///
/// Each turn is one step of the scheduler; between turns other work of the actor gets its chance. The thread ends when
/// the engine goes; a stream that is still read keeps the engine.
package actor Engine: GenerationEngine {
    package nonisolated let loaded: LoadedModel
    private nonisolated let configuration: EngineConfiguration
    private nonisolated let thread: ComputeThread
    private nonisolated let queue: RequestQueue
    private nonisolated let cache: StateCache
    private nonisolated let constraints: ConstraintCache
    nonisolated let sessions: SessionTable
    nonisolated let owner: SessionTable.Owner
    nonisolated let namedStates: NamedStates
    nonisolated let fingerprint: String
    nonisolated let savedFingerprint: String
    /// What states that people saved must be: of this model under any strategy, or as they were distinguished before.
    nonisolated let savedShapes: [StateShape]
    private nonisolated let tunedStates: TunedStates?
    private nonisolated let memory: MemoryBudget
    private let scheduler: Scheduler

    package nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// - Parameters:
    ///   - name: what people call the model.
    ///   - fingerprint: what distinguishes this model's states from those of others, and of its own under another strategy.
    ///   - savedFingerprint: what distinguishes the states of sessions, and saved ones, from those of other models,
    ///     whatever the strategy; nil for the same.
    ///   - tunedStates: where requests find the tuned states that they name; nil where there are none.
    ///   - sessions: those of all models of the host; nil for an engine that has its own.
    ///   - stateMemory: where states of beginnings are kept for all models of the host; nil for an engine that has its own.
    ///   - draftModel: a smaller model of the same vocabulary, which guesses what texts go on with.
    ///   - memory: where requests reserve what they hold from the queue to their end.
    package init(
        _ loaded: LoadedModel, name: String = "", fingerprint: String = "", savedFingerprint: String? = nil,
        configuration: EngineConfiguration = EngineConfiguration(), tunedStates: TunedStates? = nil,
        sessions: SessionTable? = nil, stateMemory: StateCache.Memory? = nil, memory: MemoryBudget = .unlimited,
        draftModel: (any LanguageModel)? = nil, log: Log
    ) {
        self.loaded = loaded
        self.memory = memory
        self.fingerprint = fingerprint
        self.savedFingerprint = savedFingerprint ?? fingerprint
        self.tunedStates = tunedStates
        self.configuration = configuration
        thread = ComputeThread.start(name: "engine")
        let queue = RequestQueue(configuration)
        self.queue = queue
        let shape = StateShape(loaded.model, fingerprint: fingerprint)
        savedShapes = [StateShape(loaded.model, fingerprint: self.savedFingerprint), shape]
        var tiers: [any StateTier] = []
        if let folder = configuration.stateFolder { tiers.append(folder) }
        if let store = configuration.stateStore { tiers.append(store) }
        let cache = StateCache(
            stateMemory ?? StateCache.Memory(capacity: configuration.stateCacheBytes),
            below: tiers, shape: shape)
        self.cache = cache
        constraints = ConstraintCache(loaded, log: log)
        self.sessions = sessions ?? SessionTable(configuration)
        owner = SessionTable.Owner(
            fingerprint: self.savedFingerprint, name: name, stateBytes: loaded.info.stateBytes)
        namedStates = NamedStates(folder: configuration.namedStateFolder)
        if configuration.draftTokens > 0, loaded.model.longestChain == 1 {
            log.info("no tokens are drafted: \(loaded.info.plan) cannot promise that a text stays the same to the bit")
        }
        scheduler = Scheduler(
            loaded: loaded, draftModel: draftModel, configuration: configuration, queue: queue, cache: cache, log: log)
    }

    deinit { thread.shutDown() }

    package nonisolated func generate(_ request: GenerationRequest) async throws(GenerationError) -> TokenStream {
        let buffer = BoundedBuffer<GenerationEvent>(capacity: request.readAhead ?? configuration.streamCapacity)
        let turn: SessionTurn? = if let name = request.sessionID { try await begin(session: name) } else { nil }
        do {
            // Cutting a prompt and compiling a form may take long.
            let ready = try await elsewhere(request.preparation) { [self] () throws(GenerationError) in
                try queued(request, buffer, turn)
            }
            if turn == nil { await cache.fetch(beginningOf: ready.tokens, from: ready.namespace) }
            try queue.add(ready)
        } catch {
            turn?.leave(nil)
            throw error
        }
        wake()
        return TokenStream(buffer, end: turn?.isKept, wake: wake)
    }

    /// Takes a session for one request.
    nonisolated func begin(session name: String) async throws(GenerationError) -> SessionTurn {
        try await SessionTurn(name, in: sessions, of: owner, shared: configuration.sharedSessions.map { ($0, savedShapes[0]) })
    }

    nonisolated var sharesSessions: Bool { configuration.sharedSessions != nil }

    package nonisolated func nextLogits(
        after prompt: GenerationRequest.Prompt, sampling: SamplingParameters?
    ) async throws(GenerationError) -> [Float] {
        let buffer = BoundedBuffer<[Float]>(capacity: 1)
        let request = try await elsewhere(prompt.preparation) { [self] () throws(GenerationError) in
            let tokens = try check.tokens(of: prompt)
            if let sampling { try check.validate(sampling) }
            var request = QueuedRequest(goal: .numbers(.lastLogits, buffer), tokens: tokens, from: beginning())
            request.memory = try share(for: request)
            request.sampling = sampling
            request.constraint = try sampling.flatMap { sampling throws(GenerationError) in
                try constraints.matcher(for: sampling)
            }
            return request
        }
        return try await numbers(request, from: buffer)
    }

    package nonisolated func embedding(
        of prompt: GenerationRequest.Prompt, pooling: Pooling
    ) async throws(GenerationError) -> Embedding {
        let buffer = BoundedBuffer<[Float]>(capacity: 1)
        let request = try await elsewhere(prompt.preparation) { [self] () throws(GenerationError) in
            let tokens = try check.tokens(of: prompt)
            var request = QueuedRequest(goal: .numbers(pooling.output, buffer), tokens: tokens, from: beginning())
            request.memory = try share(for: request)
            return request
        }
        return Embedding(values: try await numbers(request, from: buffer), tokenCount: request.tokens.count)
    }

    package nonisolated func state(after prompt: GenerationRequest.Prompt) async throws(GenerationError) -> [Float] {
        let buffer = BoundedBuffer<[Float]>(capacity: 1)
        let request = try await elsewhere(prompt.preparation) { [self] () throws(GenerationError) in
            let tokens = try check.tokens(of: prompt)
            var request = QueuedRequest(goal: .state(buffer), tokens: tokens, from: beginning())
            request.memory = try share(for: request)
            return request
        }
        return try await numbers(request, from: buffer)
    }

    /// Ends every running and waiting generation with `.cancelled`.
    package nonisolated func cancelAll() {
        queue.cancelAll()
        wake()
    }

    /// How many requests run and how many wait.
    package nonisolated var load: EngineLoad { queue.load }

    /// More prompt tokens than this are refused.
    package nonisolated var maxPromptTokens: Int { configuration.maxPromptTokens }

    /// Bytes that states of earlier beginnings take.
    package nonisolated var stateCacheByteCount: Int { cache.byteCount }

    /// Whether texts come in drafts.
    private nonisolated var drafts: Bool { configuration.draftTokens > 0 && loaded.model.longestChain > 1 }

    private nonisolated var check: RequestCheck { RequestCheck(loaded, maxPromptTokens: configuration.maxPromptTokens) }

    private nonisolated func queued(
        _ request: GenerationRequest, _ buffer: BoundedBuffer<GenerationEvent>, _ turn: SessionTurn?
    ) throws(GenerationError) -> QueuedRequest {
        let session = turn?.session
        let tokens = try check.tokens(of: request, after: session?.pending ?? [])
        var request = request
        if request.fillsTruncationLength, let length = request.truncationLength { request.maxTokens = length - tokens.count }
        var queued = QueuedRequest(
            goal: .text(request, buffer), tokens: tokens, from: try beginning(of: request, session: session))
        queued.memory = try share(for: queued)
        queued.constraint = try constraints.matcher(for: request.sampling)
        if drafts { queued.prediction = Array(loaded.tokenizer.encode(request.prediction, parsesSpecialTokens: false).prefix(configuration.maxPromptTokens)) }
        queued.negative = try check.negativeTokens(of: request, prompt: queued.tokens)
        queued.memory = try share(for: queued, beside: queued.memory)
        guard let turn else {
            // A prompt that was cut on the left has its messages elsewhere.
            if request.truncationLength == nil { queued.snapshotPoints = check.snapshotPoints(of: request, prompt: queued.tokens) }
            return queued
        }
        queued.session = session
        queued.leaveSession = { turn.leave($0) }
        return queued
    }

    /// Does what computes for long or reads files away from the threads that all streams share.
    ///
    /// - Parameter size: nil does it at once.
    /// - Throws: what the work throws; `.unloaded` where the client left before it began.
    nonisolated func elsewhere<Value: Sendable>(
        _ size: WorkerPool.Size? = .small, _ work: @escaping @Sendable () throws(GenerationError) -> Value
    ) async throws(GenerationError) -> Value {
        guard let size else { return try work() }
        do {
            return try await WorkerPool.shared.run(size) { try work() }
        } catch let error as GenerationError {
            throw error
        } catch {
            throw GenerationError(.unloaded, "engine", "the request was cancelled before it began")
        }
    }

    /// What a request holds of the memory budget: its tokens, and the scores of its prompt.
    ///
    /// - Parameter share: what it holds already.
    private nonisolated func share(
        for request: QueuedRequest, beside share: MemoryShare? = nil
    ) throws(GenerationError) -> MemoryShare {
        let bytes = request.byteCount
        let share = share ?? memory.emptyShare()
        if share.grow(by: bytes - share.bytes) { return share }
        throw GenerationError(
            .overloaded, "prompt",
            "needs \(bytes) bytes of memory while it is read, and \(memory.available) of "
                + "\(memory.limit) are free", advice: "Send a shorter prompt, or try again later.")
    }

    private nonisolated func beginning(
        of request: GenerationRequest, session: Session?
    ) throws(GenerationError) -> QueuedRequest.Beginning {
        guard let name = request.initialState else { return beginning(salt: request.cacheSalt) }
        guard session == nil else {
            throw GenerationError(.invalidParameter, "initial_state", "is only accepted in the first request of a session")
        }
        guard let tunedStates else {
            throw GenerationError(.invalidParameter, "initial_state", "this host reads no tuned states")
        }
        return beginning(try tunedStates.state(named: name), salt: request.cacheSalt)
    }

    private nonisolated func beginning(_ state: TunedState? = nil, salt: String = "") -> QueuedRequest.Beginning {
        QueuedRequest.Beginning(
            initialState: state?.snapshot,
            namespace: CacheNamespace(model: fingerprint, initialState: state?.digest ?? "", salt: salt))
    }

    private nonisolated func numbers(
        _ request: QueuedRequest, from buffer: BoundedBuffer<[Float]>
    ) async throws(GenerationError) -> [Float] {
        try queue.add(request)
        wake()
        let reader = BufferReader(buffer, wake: wake)
        do {
            if let numbers = try await reader.next() { return numbers }
        } catch let error as GenerationError {
            throw error
        } catch {
            throw GenerationError(.device, "engine", "\(error)")
        }
        throw GenerationError(.unloaded, "engine", "the request was stopped")
    }

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
