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
    private nonisolated let cache: StateCache
    private nonisolated let constraints: ConstraintCache
    private nonisolated let sessions: SessionTable
    private nonisolated let namedStates: NamedStates
    private nonisolated let fingerprint: String
    private nonisolated let savedFingerprint: String
    private nonisolated let initialStates: InitialStates?
    private let scheduler: Scheduler

    package nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// - Parameters:
    ///   - fingerprint: what tells this model's states from those of others, and of its own under another strategy.
    ///   - savedFingerprint: what tells the states that people save from those of other models, whatever the strategy; nil
    ///     for the same.
    ///   - initialStates: where requests find the tuned states that they name; nil where there are none.
    package init(
        _ loaded: LoadedModel, fingerprint: String = "", savedFingerprint: String? = nil,
        configuration: EngineConfiguration = EngineConfiguration(),
        initialStates: InitialStates? = nil, log: Log
    ) {
        self.loaded = loaded
        self.fingerprint = fingerprint
        self.savedFingerprint = savedFingerprint ?? fingerprint
        self.initialStates = initialStates
        self.configuration = configuration
        thread = ComputeThread.start(name: "engine")
        let queue = RequestQueue(configuration)
        self.queue = queue
        let folder = configuration.stateCacheFolder.map {
            StateFolder(path: $0, model: fingerprint, capacity: configuration.stateCacheFolderBytes, log: log)
        }
        let cache = StateCache(capacity: configuration.stateCacheBytes, folder: folder)
        self.cache = cache
        constraints = ConstraintCache(loaded)
        sessions = SessionTable(maximumCount: configuration.maxSessions, capacity: configuration.sessionBytes)
        namedStates = NamedStates(folder: configuration.namedStateFolder)
        scheduler = Scheduler(loaded: loaded, configuration: configuration, queue: queue, cache: cache, log: log)
    }

    deinit { thread.shutDown() }

    package nonisolated func generate(_ request: GenerationRequest) async throws(GenerationError) -> TokenStream {
        let buffer = BoundedBuffer<GenerationEvent>(capacity: configuration.streamCapacity)
        let session = try request.sessionID.map { id throws(GenerationError) in try sessions.enter(id) } ?? nil
        do {
            try queue.add(queued(request, buffer, session))
        } catch {
            if let id = request.sessionID { sessions.leave(id, nil) }
            throw error
        }
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
        var request = QueuedRequest(goal: .logits(sampling, buffer), tokens: tokens, from: beginning())
        request.constraint = try sampling.flatMap { sampling throws(GenerationError) in
            try constraints.matcher(for: sampling)
        }
        return try await numbers(request, from: buffer)
    }

    package nonisolated func embedding(
        of prompt: GenerationRequest.Prompt, pooling: Pooling
    ) async throws(GenerationError) -> Embedding {
        let tokens = try RequestCheck(loaded).tokens(of: prompt)
        let buffer = BoundedBuffer<[Float]>(capacity: 1)
        let request = QueuedRequest(goal: .embedding(pooling, buffer), tokens: tokens, from: beginning())
        return Embedding(values: try await numbers(request, from: buffer), tokenCount: tokens.count)
    }

    /// Ends every running and waiting generation with `.cancelled`.
    package nonisolated func cancelAll() {
        queue.cancelAll()
        wake()
    }

    /// How many requests run and how many wait.
    package nonisolated var load: (running: Int, waiting: Int) { queue.load }

    /// Bytes that states of earlier beginnings take.
    package nonisolated var stateCacheByteCount: Int { cache.byteCount }

    private nonisolated func queued(
        _ request: GenerationRequest, _ buffer: BoundedBuffer<GenerationEvent>, _ session: Session?
    ) throws(GenerationError) -> QueuedRequest {
        let check = RequestCheck(loaded)
        let tokens = try check.tokens(of: request, after: session?.pending ?? [])
        var request = request
        if request.fillsTruncationLength, let length = request.truncationLength { request.maxTokens = length - tokens.count }
        var queued = QueuedRequest(
            goal: .text(request, buffer), tokens: tokens, from: try beginning(of: request, session: session))
        queued.constraint = try constraints.matcher(for: request.sampling)
        queued.negative = try check.negativeTokens(of: request, prompt: queued.tokens)
        guard let id = request.sessionID else {
            // A prompt that was cut on the left has its messages elsewhere.
            if request.truncationLength == nil { queued.marks = check.marks(of: request, prompt: queued.tokens) }
            cache.fetch(beginningOf: queued.tokens, from: queued.origin)
            return queued
        }
        queued.session = session
        queued.leaveSession = { [sessions] in sessions.leave(id, $0) }
        return queued
    }

    private nonisolated func beginning(
        of request: GenerationRequest, session: Session?
    ) throws(GenerationError) -> QueuedRequest.Beginning {
        guard let name = request.initialState else { return beginning(salt: request.cacheSalt) }
        guard session == nil else {
            throw GenerationError(.invalidParameter, "initial_state", "goes with the first request of a session")
        }
        guard let initialStates else {
            throw GenerationError(.invalidParameter, "initial_state", "this host reads no tuned states")
        }
        return beginning(try initialStates.state(named: name), salt: request.cacheSalt)
    }

    private nonisolated func beginning(_ state: InitialState? = nil, salt: String = "") -> QueuedRequest.Beginning {
        QueuedRequest.Beginning(
            initialState: state?.snapshot,
            origin: TextOrigin(model: fingerprint, initialState: state?.digest ?? "", salt: salt))
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

// MARK: States by name

extension Engine {
    package nonisolated func saveState(_ name: String, session id: String) async throws(GenerationError) {
        guard let session = try sessions.enter(id) else {
            sessions.leave(id, nil)
            throw GenerationError(.invalidParameter, "session_id", "there is no session \"\(id)\"")
        }
        sessions.leave(id, nil)
        let file = StateFile(
            model: savedFingerprint, snapshot: session.snapshot, tokenCount: session.tokenCount, pending: session.pending)
        try namedStates.save(file, as: name)
    }

    package nonisolated func loadState(_ name: String, session id: String) async throws(GenerationError) -> Int {
        let file = try savedState(name)
        // Whether it fits shows before the session is touched.
        try loaded.model.makeState().restore(file.snapshot)
        let vocabulary = 0..<loaded.model.vocabularySize
        guard file.pending.allSatisfy(vocabulary.contains) else {
            throw GenerationError(.stateMismatch, name, "holds a token outside the vocabulary")
        }
        _ = try sessions.enter(id)
        sessions.leave(id, Session(snapshot: file.snapshot, tokenCount: file.tokenCount, pending: file.pending))
        return file.tokenCount + file.pending.count
    }

    /// A state of this model, also where it was saved when files named the strategy, too.
    private nonisolated func savedState(_ name: String) throws(GenerationError) -> StateFile {
        do {
            return try namedStates.load(name, model: savedFingerprint)
        } catch {
            guard error.kind == .stateMismatch, savedFingerprint != fingerprint,
                let file = try? namedStates.load(name, model: fingerprint)
            else { throw error }
            return file
        }
    }

    package nonisolated func savedStates() async throws(GenerationError) -> [StateListing] { try namedStates.list() }

    package nonisolated func deleteState(_ name: String) async throws(GenerationError) { try namedStates.delete(name) }
}
