import HostRuntime

/// The bytes of one answer between the task that makes them and the loop that sends them.
final class ResponseChannel: Sendable {
    enum End: Sendable {
        case keepAlive
        case close
        /// The body is not complete, and the other end must be able to see it.
        case cut
        /// The same where only a reset can show it.
        case reset
    }

    private struct State: Sendable {
        var pending: [UInt8] = []
        /// Bytes in `pending` and in the connection's own buffer.
        var unsent = 0
        /// All that was ever queued.
        var total = 0
        var end: End?
        var failure: HTTPError?
        var isAnnounced = false
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
        var nextWaiter = 0

        mutating func queue(_ bytes: [UInt8]) {
            pending.append(contentsOf: bytes)
            unsent += bytes.count
            total += bytes.count
        }

        /// Why queued bytes were lost. A client that has been sent everything may close before the task looks again.
        var loss: HTTPError? { unsent > 0 ? failure : nil }
    }

    private let connection: UInt64
    private let mailbox: Mailbox
    private let highWater: Int
    private let state = Guarded(State())

    init(connection: UInt64, mailbox: Mailbox, highWater: Int) {
        self.connection = connection
        self.mailbox = mailbox
        self.highWater = highWater
    }

    // MARK: The task's side

    /// Queues bytes whatever their number.
    func send(_ bytes: [UInt8]) throws(HTTPError) {
        let failure = state.withLock { state -> HTTPError? in
            if let failure = state.failure { return failure }
            // The loop itself has ended the answer: the other end of a WebSocket has closed it.
            if state.end != nil { return HTTPError.disconnected }
            state.queue(bytes)
            return nil
        }
        if let failure { throw failure }
        announce()
    }

    /// Queues bytes unless the other end is behind with reading.
    func sendIfRoom(_ bytes: [UInt8]) {
        let hasRoom = state.withLock { state in
            guard state.failure == nil, state.end == nil, state.unsent < highWater else { return false }
            state.queue(bytes)
            return true
        }
        if hasRoom { announce() }
    }

    /// Queues bytes and waits until less than the high-water mark is unsent.
    ///
    /// - Throws: what ended the connection before it, or before all that was queued had been sent.
    func write(_ bytes: [UInt8]) async throws(HTTPError) {
        try send(bytes)
        while true {
            let (loss, isFull) = state.withLock { ($0.loss, $0.unsent >= highWater) }
            if let loss { throw loss }
            if !isFull { return }
            if Task.isCancelled { throw .disconnected }
            await waitForChange()
        }
    }

    private func waitForChange() async {
        let ticket = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                state.withLock { state, notices in
                    guard state.failure == nil, state.unsent >= highWater, !Task.isCancelled else {
                        return notices.resume(continuation)
                    }
                    state.waiters[ticket] = continuation
                }
            }
        } onCancel: {
            state.withLock { state, notices in notices.resume(state.waiters.removeValue(forKey: ticket)) }
        }
    }

    /// Queues the last bytes; nothing comes after them.
    func end(_ end: End, with bytes: [UInt8] = []) {
        state.withLock { state in
            guard state.end == nil else { return }
            state.end = end
            if state.failure == nil { state.queue(bytes) }
        }
        announce()
    }

    /// Why queued bytes were lost; nil while none are.
    var loss: HTTPError? { state.withLock { $0.loss } }

    private func announce() {
        let isNews = state.withLock { state in
            let isNews = !state.isAnnounced && state.failure == nil
            state.isAnnounced = true
            return isNews
        }
        if isNews { mailbox.post(.output(connection: connection)) }
    }

    /// Bytes that were queued from the beginning.
    var totalBytes: Int { state.withLock { $0.total } }

    // MARK: The loop's side

    /// What is queued; the end comes with the last bytes.
    func take() -> (bytes: [UInt8], end: End?) {
        state.withLock { state in
            let bytes = state.pending
            state.pending = []
            state.isAnnounced = false
            return (bytes, state.end)
        }
    }

    func sent(_ count: Int) {
        resumeWaiters { state in
            state.unsent -= count
            return state.unsent < highWater
        }
    }

    /// The connection is gone; every write from now on throws.
    func fail(_ error: HTTPError) {
        resumeWaiters { state in
            if state.failure == nil { state.failure = error }
            state.pending = []
            return true
        }
    }

    private func resumeWaiters(when condition: (inout State) -> Bool) {
        state.withLock { state, notices in
            guard condition(&state), !state.waiters.isEmpty else { return }
            for waiter in state.waiters.values { notices.resume(waiter) }
            state.waiters = [:]
        }
    }
}
