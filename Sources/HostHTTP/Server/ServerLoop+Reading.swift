/// Bytes that come in, and the requests they make.
extension ServerLoop {
    /// The longest body that is read only to be thrown away.
    private static let discardedBytes = 64 << 10
    private static let continueResponse = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)

    func read(_ connection: Connection) {
        switch connection.receive(into: &readBuffer) {
        case .nothing: return
        case .ended: return close(connection)
        case .bytes(let bytes):
            switch connection.phase {
            case .reading:
                connection.parser.feed(bytes)
                process(connection)
            case .webSocket:
                connection.frames?.feed(bytes)
                readFrames(connection)
            case .answering, .closing, .lingering: break
            }
        }
        // A handshake answers by itself.
        if connection.hasRecords, connections[connection.id] != nil { flush(connection) }
        updateInterest(connection)
    }

    /// Takes events out of the parser until it wants more bytes or a request is being answered.
    func process(_ connection: Connection) {
        while connection.phase == .reading, !connection.isWriteBlocked, let event = connection.parser.next() {
            switch event {
            case .head(let head): admit(head, connection)
            case .discarded: finishDiscarding(connection)
            case .request(let parsed): start(parsed, connection)
            case .failure(let failure): fail(connection, failure)
            }
            guard connections[connection.id] != nil else { return }
        }
        if connection.phase == .reading, !connection.isWriteBlocked { updateReadDeadline(connection) }
    }

    /// Lets the handler look at a head before anything is kept of the body.
    private func admit(_ head: HTTPParsedHead, _ connection: Connection) {
        guard let refusal = context.handler.refusal(of: head.request) else {
            guard head.expectsContinue else { return }
            connection.output += Self.continueResponse
            return flush(connection)
        }
        context.count { $0.requests += 1 }
        // A short body is read and thrown away, so that the connection can go on; a client that waits to be asked to continue may
        // or may not send one.
        let isShort = (head.bodyBytes ?? .max) <= Self.discardedBytes
        let goesOn = isShort && head.keepAlive && !head.expectsContinue && drainEnd == nil
        guard let answer = refusal.encoded(keepAlive: goesOn, withBody: head.request.method != "HEAD") else {
            return fail(connection, HTTPFailure(500, "the answer could not be sent"))
        }
        connection.output += answer
        refusal.ended?(HTTPEnd(.done, bytes: answer.count))
        if goesOn {
            connection.parser.discardBody()
        } else {
            connection.phase = .closing
            connection.end = .close
        }
        flush(connection)
    }

    /// Goes on after a body that was not wanted, unless the server stops.
    private func finishDiscarding(_ connection: Connection) {
        guard drainEnd != nil else { return }
        connection.phase = .closing
        connection.end = .close
        flush(connection)
    }

    /// Both deadlines count from the beginning of their stage, so that a byte now and then does not move them.
    private func updateReadDeadline(_ connection: Connection) {
        let progress = connection.parser.progress
        if progress != connection.lastProgress || connection.stageStart == nil {
            connection.lastProgress = progress
            connection.stageStart = now
        }
        let start = connection.stageStart ?? now
        guard connection.isEstablished else { return setDeadline(connection, connection.openedAt + limits.headerDeadline) }
        switch progress {
        case .idle, .failed: setDeadline(connection, now + limits.idleLimit)
        case .head: setDeadline(connection, start + limits.headerDeadline)
        case .body:
            let earned = connection.parser.receivedBodyBytes / max(1, limits.bodyBytesPerSecond)
            setDeadline(connection, start + limits.bodyDeadline + .seconds(earned))
        }
    }

    private func start(_ parsed: HTTPParsedRequest, _ connection: Connection) {
        context.count { $0.requests += 1 }
        let channel = ResponseChannel(
            connection: connection.id, mailbox: context.mailbox, highWater: limits.unsentBytes)
        let place = TaskPlace(context.ledger, host: connection.host)
        let task = RequestTask(
            parsed: parsed, connection: connection.id, channel: channel, context: context, place: place)
        connection.phase = .answering
        connection.channel = channel
        connection.place = place
        connection.end = nil
        connection.stageStart = nil
        if !connection.hasOutput { setDeadline(connection, nil) }
        connection.task = Task { await task.run() }
    }

    /// Answers for the protocol layer and closes; nothing after the offending bytes is read as a request.
    func fail(_ connection: Connection, _ failure: HTTPFailure) {
        context.count { $0.failedRequests += 1 }
        connection.phase = .closing
        let answer = context.handler.answer(to: failure, from: connection.host)
        let bytes = answer.encoded(keepAlive: false, withBody: true) ?? failure.encoded()
        connection.output += bytes
        connection.end = .close
        answer.ended?(HTTPEnd(.done, bytes: bytes.count))
        flush(connection)
    }
}
