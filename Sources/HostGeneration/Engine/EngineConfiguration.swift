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
    /// More prompt tokens than this are refused.
    package var maxPromptTokens = 1 << 18
    /// How many prompt tokens the requests may hold together that wait because all places are taken; one alone always may.
    package var maxQueuedTokens = 1 << 18
    /// How long a request may wait for a place before it is refused.
    package var maxQueueTime = Duration.seconds(600)
    /// Threads that draw tokens; nil means one for each core.
    package var threads: Int?
    /// The most tokens that are guessed ahead of a text and tried in one step; 0 tries none. Texts stay the same.
    package var draftTokens = 15
    /// What each token that is tried adds to the time of a step of a single row, as a share of it; nil learns it from the
    /// steps.
    package var draftRowCost: Double?
    /// How many events a stream holds for a slow reader before its generation pauses.
    package var streamCapacity = 64

    /// Bytes of memory for states of beginnings that were read before; 0 reads every prompt from its start.
    package var stateCacheBytes = 256 << 20
    /// While a prompt is read its state is kept at every multiple of this.
    package var stateCacheInterval = 512
    /// While a text is written its state is kept whenever it has this many more tokens, so that a text which goes another way
    /// from there on reads fewer than that again. These take a quarter of the memory at most, and no place in files.
    package var writtenStateInterval = 64
    /// Where those states are also kept from run to run; nil keeps them in memory only.
    package var stateFolder: StateFolder?
    /// Where they are kept for other hosts, too; nil shares nothing.
    package var stateStore: StateStore?
    /// Where sessions are kept that other hosts go on with; nil keeps them on this one.
    package var sharedSessions: SharedSessions?
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
