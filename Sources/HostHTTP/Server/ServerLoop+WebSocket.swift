import HostRuntime

/// A connection that has become a WebSocket.
///
/// Its deadlines are those of HTTP: one for a message that has begun, one for bytes that the other end does not read, and one
/// for silence. Silence lasts from when the handler waits for a message until one is complete: pings do not end it, since they
/// would keep an unused connection open for ever.
extension ServerLoop {
    /// Frames of one connection that are read in a turn before the others have theirs.
    private static let framesPerTurn = 256

    func upgrade(_ connection: Connection, _ inbox: WebSocketInbox) {
        guard connection.phase == .answering else { return inbox.fail() }
        var frames = WebSocketReader(messageLimit: limits.webSocketMessageBytes)
        frames.feed(connection.parser.takeRest())
        connection.frames = frames
        connection.framesShare = context.budget.emptyShare()
        connection.inbox = inbox
        connection.phase = .webSocket
        if drainEnd != nil { inbox.close() }
        readFrames(connection)
        updateInterest(connection)
    }

    /// Hands on what has arrived, as long as the handler keeps up. Of pings in a row only the last is answered.
    ///
    /// - Source: RFC 6455, section 5.5.3.
    func readFrames(_ connection: Connection) {
        guard let inbox = connection.inbox, let channel = connection.channel else { return }
        guard reserveFrames(connection) else { return endForMemory(connection) }
        var ping: [UInt8]?
        var hasTakenMessage = false
        connection.frames?.allowance = Self.framesPerTurn
        while !inbox.isFull, let event = connection.frames?.next() {
            if case .ping(let payload) = event {
                ping = payload
                continue
            }
            if let payload = ping { channel.sendIfRoom(WebSocketFrame.pong(payload)) }
            ping = nil
            switch event {
            case .message(let message):
                hasTakenMessage = true
                // The frames that it was made of are gone.
                guard reserveFrames(connection), let memory = context.budget.reserve(message.byteCount) else {
                    return endForMemory(connection)
                }
                inbox.deliver(message, memory: memory)
            case .ping, .pong: break
            case .close(let code): end(connection, code)
            case .failure(let code):
                context.count { $0.failedRequests += 1 }
                end(connection, code, isBroken: true)
            }
        }
        if let payload = ping { channel.sendIfRoom(WebSocketFrame.pong(payload)) }
        _ = reserveFrames(connection)
        connection.hasMoreFrames = connection.frames?.allowance == 0
        if connection.hasMoreFrames { context.mailbox.post(.readMore(connection: connection.id)) }
        // While the inbox is full it is not the client that is slow.
        if inbox.isFull || connection.frames?.unfinishedBytes == nil {
            connection.stageStart = nil
        } else if hasTakenMessage || connection.stageStart == nil {
            connection.stageStart = now
        }
        updateWebSocketDeadline(connection)
    }

    /// Reserves what frames that are not complete hold; false where there is no memory for them.
    private func reserveFrames(_ connection: Connection) -> Bool {
        guard let share = connection.framesShare, let bytes = connection.frames?.storedBytes else { return true }
        share.shrink(to: bytes)
        return share.grow(by: bytes - share.bytes)
    }

    /// Asks a client for whose message there is no memory to come back later.
    ///
    /// - Source: the registry of close codes that RFC 6455, section 11.7, set up (1013).
    private func endForMemory(_ connection: Connection) {
        end(connection, 1013, "no memory is free for the message; try again later", isBroken: true)
        updateWebSocketDeadline(connection)
    }

    /// Sends the closing frame before the handler learns of the end: it may not choose the code any more.
    private func end(_ connection: Connection, _ code: UInt16, _ reason: String = "", isBroken: Bool = false) {
        connection.frames = nil
        connection.framesShare = nil
        connection.channel?.end(.close, with: WebSocketFrame.close(code, reason))
        if isBroken { connection.inbox?.fail() } else { connection.inbox?.close() }
    }

    // MARK: Deadlines

    func updateWebSocketDeadline(_ connection: Connection) {
        // Past its end only what is still to be sent has a deadline.
        guard connection.frames != nil else { return setDeadline(connection, connection.stallsAt) }
        let next = connection.stallsAt ?? (connection.inbox?.idleSince ?? now) + limits.idleLimit
        setDeadline(connection, min(next, messageDeadline(connection) ?? next))
    }

    /// When a message that has begun must be complete, in fragments or not: it has the time of a body.
    private func messageDeadline(_ connection: Connection) -> Instant? {
        guard let start = connection.stageStart, let bytes = connection.frames?.unfinishedBytes else { return nil }
        return start + limits.bodyDeadline + .seconds(bytes / max(1, limits.bodyBytesPerSecond))
    }

    func expireWebSocket(_ connection: Connection) {
        if let time = messageDeadline(connection), time <= now {
            context.count { $0.failedRequests += 1 }
            end(connection, 1008, "the message did not arrive in time", isBroken: true)
        } else if let time = connection.stallsAt {
            if time <= now { return cutStalled(connection) }
        } else if let since = connection.inbox?.idleSince, since + limits.idleLimit <= now {
            end(connection, 1001, "no request came within \(limits.idleLimit); connect again for the next one")
        }
        updateWebSocketDeadline(connection)
    }
}
