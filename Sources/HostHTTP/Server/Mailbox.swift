import Synchronization

/// What other threads hand to the loop. The loop owns every socket; no other thread touches one.
enum LoopMessage: Sendable {
    /// A response channel has bytes or an end to send.
    case output(connection: UInt64)
    /// The handler has accepted a WebSocket handshake.
    case upgrade(connection: UInt64, inbox: WebSocketInbox)
    /// A WebSocket's inbox has room again.
    case readMore(connection: UInt64)
    /// Take on no more work and let what is being answered finish, for at most this long.
    case drain(atMost: Duration)
    case stop
}

/// Messages on their way to the loop's thread, which the first of them wakes.
final class Mailbox: Sendable {
    private struct State {
        var messages: [LoopMessage] = []
        var isClosed = false
    }

    private let poller: SystemPoller
    private let state = Mutex(State())

    init(poller: SystemPoller) {
        self.poller = poller
    }

    func post(_ message: LoopMessage) {
        state.withLock { state in
            guard !state.isClosed else { return }
            state.messages.append(message)
            // Under the lock, so that a closed poller's descriptor, which another connection may have by now, is never written to.
            if state.messages.count == 1 { poller.wake() }
        }
    }

    func takeAll() -> [LoopMessage] {
        state.withLock { state in
            let messages = state.messages
            state.messages = []
            return messages
        }
    }

    /// Messages from now on are dropped.
    func close() {
        state.withLock { state in
            state.isClosed = true
            state.messages = []
        }
    }
}
