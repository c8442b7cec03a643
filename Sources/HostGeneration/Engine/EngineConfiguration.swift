/// The bounds within which an engine works.
package struct EngineConfiguration: Sendable, Hashable {
    /// The most prompt tokens read in one step, of one sequence and of all together; a prompt is always cut at multiples
    /// of it, so that its logits do not depend on who shares the batch. Nil means what suits the model's devices.
    package var prefillChunk: Int?
    /// The same for a prompt whose tokens are scored, which holds chunk × vocabulary logits.
    package var scoringChunk = 64
    /// How many sequences step together; more wait.
    package var maxBatch = 32
    /// How many requests may wait for a place in the batch.
    package var maxQueuedRequests = 64
    /// How many prompt tokens the waiting requests may hold together; one request alone always may wait.
    package var maxQueuedTokens = 1 << 22
    /// How long a request may wait for a place before it is told that there is none.
    package var maxQueueTime = Duration.seconds(600)
    /// Threads that draw tokens; nil means one for each core.
    package var threads: Int?
    /// How many events a stream holds for a slow reader before its generation pauses.
    package var streamCapacity = 64

    /// Bytes of memory for states of beginnings that were read before; 0 reads every prompt from its start.
    package var stateCacheBytes = 256 << 20
    /// While a prompt is read its state is kept at every multiple of this.
    package var stateCacheInterval = 512
    /// Where those states are also kept from run to run; nil keeps them in memory only.
    package var stateFolder: StateFolder?
    /// Where states that people save by name are kept; nil keeps none.
    package var namedStateFolder: String?
    /// How many sessions there may be.
    package var maxSessions = 256
    /// Bytes of memory beyond which no new session begins.
    package var sessionBytes = 1 << 30

    package init() {}
}

extension SessionTable {
    package convenience init(_ configuration: EngineConfiguration) {
        self.init(maximumCount: configuration.maxSessions, capacity: configuration.sessionBytes)
    }
}
