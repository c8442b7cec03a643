import HostCore
import HostRuntime

/// How full an engine is.
package struct EngineLoad: Sendable, Equatable {
    package var running = 0
    package var waiting = 0
    /// Prompt tokens of those that wait.
    package var waitingTokens = 0

    package init(running: Int = 0, waiting: Int = 0, waitingTokens: Int = 0) {
        (self.running, self.waiting, self.waitingTokens) = (running, waiting, waitingTokens)
    }

    package static func += (sum: inout EngineLoad, other: EngineLoad) {
        sum.running += other.running
        sum.waiting += other.waiting
        sum.waitingTokens += other.waitingTokens
    }
}

/// Requests in the order they came, within bounds; may be filled while the engine computes.
final class RequestQueue: Sendable {
    fileprivate struct State: Sendable {
        var waiting: [QueuedRequest] = []
        var waitingTokens = 0
        var runningCount = 0
        var isTurnScheduled = false
        var cancelsRunning = false
    }

    private let configuration: EngineConfiguration
    private let state = Guarded(State())

    init(_ configuration: EngineConfiguration) {
        self.configuration = configuration
    }

    /// - Throws: `GenerationError.overloaded` when the queue is full.
    func add(_ request: QueuedRequest) throws(GenerationError) {
        let limits = configuration
        let problem = state.withLock { state, notices -> String? in
            state.dropCancelled(&notices)
            state.dropExpired(after: limits.maxQueueTime, &notices)
            if state.runningCount + state.waiting.count >= limits.maxBatch + limits.maxQueuedRequests {
                return "\(state.waiting.count) requests are waiting already"
            }
            // Those who find a place at once do not wait, and one that is longer than the bound may wait alone.
            let places = max(0, limits.maxBatch - state.runningCount)
            let waitingTokens = state.waiting.dropFirst(places).reduce(0) { $0 + $1.tokens.count }
            if state.waiting.count >= places, waitingTokens > 0, waitingTokens + request.tokens.count > limits.maxQueuedTokens {
                return "\(waitingTokens) prompt tokens are waiting already"
            }
            state.waiting.append(request)
            state.waitingTokens += request.tokens.count
            return nil
        }
        if let problem {
            throw GenerationError(.overloaded, "queue", problem, advice: "Try again later.")
        }
    }

    /// The next requests for which there is a place; they count as running until `leave`.
    func takeNext() -> [QueuedRequest] {
        state.withLock { state, notices in
            state.dropCancelled(&notices)
            let count = min(state.waiting.count, max(0, configuration.maxBatch - state.runningCount))
            let taken = Array(state.waiting.prefix(count))
            state.waiting.removeFirst(count)
            state.waitingTokens -= taken.reduce(0) { $0 + $1.tokens.count }
            state.runningCount += count
            state.dropExpired(after: configuration.maxQueueTime, &notices)
            return taken
        }
    }

    /// Notes that running requests have ended.
    func leave(_ count: Int) { state.withLock { $0.runningCount -= count } }

    var hasNext: Bool {
        state.withLock { !$0.waiting.isEmpty && $0.runningCount < configuration.maxBatch }
    }

    /// How many run, how many wait, and the prompt tokens of those.
    var load: EngineLoad {
        state.withLock { EngineLoad(running: $0.runningCount, waiting: $0.waiting.count, waitingTokens: $0.waitingTokens) }
    }

    /// Drops what waits, and has the engine drop what runs at its next step.
    func cancelAll() {
        state.withLock { state, notices in
            state.cancelsRunning = true
            state.drop({ _ in true }, &notices) { $0.endUnstarted() }
        }
    }

    /// Whether the running requests are to be dropped; asked once for each `cancelAll`.
    func takeCancellation() -> Bool {
        state.withLock { state in
            defer { state.cancelsRunning = false }
            return state.cancelsRunning
        }
    }

    /// True if no turn of the engine was scheduled yet; then the caller schedules one.
    func claimTurn() -> Bool {
        state.withLock { state in
            defer { state.isTurnScheduled = true }
            return !state.isTurnScheduled
        }
    }

    func beginTurn() { state.withLock { $0.isTurnScheduled = false } }
}

extension RequestQueue.State {
    /// A waiter whose client has left takes no place.
    fileprivate mutating func dropCancelled(_ notices: inout Notices) {
        drop({ $0.isCancelled }, &notices) { $0.endUnstarted() }
    }

    fileprivate mutating func dropExpired(after limit: Duration, _ notices: inout Notices) {
        let oldest = ContinuousClock.now - limit
        let error = GenerationError(
            .overloaded, "queue", "timed out after \(limit) of waiting for a free slot", advice: "Try again later.")
        drop({ $0.enqueuedAt < oldest }, &notices) { $0.fail(error) }
    }

    /// Requests are answered, and freed, after the lock: both may want the lock of a task that is being cancelled.
    fileprivate mutating func drop(
        _ isUnwanted: (QueuedRequest) -> Bool, _ notices: inout Notices,
        notifying notify: @escaping (QueuedRequest) -> Void
    ) {
        waiting.removeAll { request in
            guard isUnwanted(request) else { return false }
            waitingTokens -= request.tokens.count
            notices.afterwards { notify(request) }
            return true
        }
    }
}
