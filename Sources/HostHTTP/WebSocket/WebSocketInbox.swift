import HostRuntime

/// Messages of a WebSocket between the loop that reads them and the handler that takes them.
final class WebSocketInbox: Sendable {
    private static let capacity = 16
    /// More bytes wait in the kernel.
    private static let fullBytes = 1 << 20

    private struct State: Sendable {
        var messages: [WebSocketMessage] = []
        var bytes = 0

        var isFull: Bool { messages.count >= capacity || bytes >= fullBytes }
        var isClosed = false
        var isBroken = false
        /// Since when the handler has been waiting for a message.
        var idleSince: ContinuousClock.Instant?
        var waiter: (ticket: Int, continuation: CheckedContinuation<Void, Never>)?
        var nextTicket = 0
    }

    private let connection: UInt64
    private let mailbox: Mailbox
    private let state = Guarded(State())

    init(connection: UInt64, mailbox: Mailbox) {
        self.connection = connection
        self.mailbox = mailbox
    }

    /// The next message, or nil after an orderly close. One caller at a time.
    func next() async throws(HTTPError) -> WebSocketMessage? {
        while true {
            let (message, wasFull, isClosed, isBroken) = state.withLock { state in
                let wasFull = state.isFull
                let message = state.messages.isEmpty ? nil : state.messages.removeFirst()
                state.bytes -= message?.byteCount ?? 0
                return (message, wasFull, state.isClosed, state.isBroken)
            }
            if let message {
                if wasFull { mailbox.post(.readMore(connection: connection)) }
                return message
            }
            if isBroken { throw .disconnected }
            if isClosed { return nil }
            if Task.isCancelled { throw .disconnected }
            await waitForChange()
        }
    }

    private func waitForChange() async {
        let ticket = state.withLock { state in
            state.nextTicket += 1
            return state.nextTicket
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                state.withLock { state, notices in
                    let hasNews = !state.messages.isEmpty || state.isClosed || state.isBroken || Task.isCancelled
                    guard !hasNews else { return notices.resume(continuation) }
                    notices.resume(state.waiter?.continuation)
                    state.waiter = (ticket, continuation)
                    state.idleSince = .now
                }
            }
        } onCancel: {
            state.withLock { state, notices in
                guard let waiter = state.waiter, waiter.ticket == ticket else { return }
                state.waiter = nil
                notices.resume(waiter.continuation)
            }
        }
    }

    var isFull: Bool { state.withLock { $0.isFull } }

    /// Bytes of the messages that wait here.
    var storedBytes: Int { state.withLock { $0.bytes } }

    /// Since when there has been nothing to do; nil while the handler works on a message.
    var idleSince: ContinuousClock.Instant? { state.withLock { $0.idleSince } }

    /// Hands on a message, unless the conversation is over.
    func deliver(_ message: WebSocketMessage) {
        change { state in
            guard !state.isClosed else { return }
            state.messages.append(message)
            state.bytes += message.byteCount
            state.idleSince = nil
        }
    }

    /// Lets the handler take what is here already and then see an orderly end.
    func close() { change { $0.isClosed = true } }
    func fail() { change { if !$0.isClosed { $0.isBroken = true } } }

    private func change(_ body: (inout State) -> Void) {
        state.withLock { state, notices in
            body(&state)
            notices.resume(state.waiter?.continuation)
            state.waiter = nil
        }
    }
}

extension WebSocketMessage {
    fileprivate var byteCount: Int {
        switch self {
        case .text(let text): text.utf8.count
        case .binary(let bytes): bytes.count
        }
    }
}
