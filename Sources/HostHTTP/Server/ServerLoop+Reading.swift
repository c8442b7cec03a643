/// Bytes that come in, and the requests they make.
extension ServerLoop {
    private static let continueResponse = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)

    func read(_ connection: Connection) {
        switch connection.socket.read(into: &readBuffer) {
        case .wouldBlock: return
        case .ended: return close(connection)
        case .bytes(let count):
            switch connection.phase {
            case .reading:
                connection.parser.feed(readBuffer[..<count])
                process(connection)
            case .webSocket:
                connection.frames?.feed(readBuffer[..<count])
                readFrames(connection)
            case .answering, .closing, .lingering: break
            }
        }
        updateInterest(connection)
    }

    /// Takes events out of the parser until it wants more bytes or a request is being answered.
    func process(_ connection: Connection) {
        while connection.phase == .reading, let event = connection.parser.next() {
            switch event {
            case .continueExpected:
                connection.output += Self.continueResponse
                flush(connection)
            case .request(let parsed): start(parsed, connection)
            case .failure(let failure): fail(connection, failure)
            }
            guard connections[connection.id] != nil else { return }
        }
        if connection.phase == .reading { updateReadDeadline(connection) }
    }

    /// Both deadlines count from the beginning of their stage, so that a byte now and then does not move them.
    private func updateReadDeadline(_ connection: Connection) {
        let progress = connection.parser.progress
        if progress != connection.lastProgress || connection.stageStart == nil {
            connection.lastProgress = progress
            connection.stageStart = now
        }
        let start = connection.stageStart ?? now
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
        let task = RequestTask(parsed: parsed, connection: connection.id, channel: channel, context: context)
        connection.phase = .answering
        connection.channel = channel
        connection.end = nil
        connection.stageStart = nil
        if !connection.hasOutput { setDeadline(connection, nil) }
        connection.task = Task { await task.run() }
    }

    /// Answers for the protocol layer and closes; nothing after the offending bytes is read as a request.
    func fail(_ connection: Connection, _ failure: HTTPFailure) {
        context.count { $0.failedRequests += 1 }
        connection.phase = .closing
        connection.output += failure.encoded()
        connection.end = .close
        flush(connection)
    }
}
