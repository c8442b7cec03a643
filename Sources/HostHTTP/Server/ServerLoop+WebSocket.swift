/// A connection that has become a WebSocket.
extension ServerLoop {
    func upgrade(_ connection: Connection, _ inbox: WebSocketInbox) {
        guard connection.phase == .answering else { return inbox.fail() }
        var frames = WebSocketReader(messageLimit: limits.webSocketMessageBytes)
        frames.feed(connection.parser.takeRest())
        connection.frames = frames
        connection.inbox = inbox
        connection.phase = .webSocket
        readFrames(connection)
        updateInterest(connection)
    }

    /// Hands on what has arrived, as long as the handler keeps up.
    func readFrames(_ connection: Connection) {
        guard let inbox = connection.inbox, let channel = connection.channel else { return }
        while !inbox.isFull, let event = connection.frames?.next() {
            switch event {
            case .message(let message): inbox.deliver(message)
            case .ping(let payload): channel.sendIfRoom(WebSocketFrame.pong(payload))
            case .pong: break
            case .close(let code):
                inbox.close()
                channel.endWith(WebSocketFrame.close(code))
            case .failure(let code):
                context.count { $0.failedRequests += 1 }
                inbox.fail()
                channel.endWith(WebSocketFrame.close(code))
            }
        }
    }
}
