/// Bytes that go out, and what follows when an answer is complete.
extension ServerLoop {
    /// One connection may send so much in a turn before the others have theirs.
    private static let bytesPerTurn = 256 << 10

    func flush(_ connection: Connection) {
        guard connection.phase != .lingering else { return }
        var budget = Self.bytesPerTurn
        while true {
            switch connection.flushRecords() {
            case .bytes: break
            case .wouldBlock: return waitForWriting(connection)
            case .ended: return closeUnread(connection)
            }
            if !connection.hasOutput { refill(connection) }
            guard connection.hasOutput else { break }
            guard budget > 0 else { return waitForWriting(connection) }
            switch connection.write(connection.unsent.prefix(budget)) {
            case .bytes(let count):
                budget -= count
                advance(connection, by: count)
            case .wouldBlock: return waitForWriting(connection)
            case .ended: return closeUnread(connection)
            }
        }
        let wasBlocked = connection.isWriteBlocked
        connection.isWriteBlocked = false
        connection.stallsAt = nil
        switch connection.phase {
        case .reading: break
        case .webSocket: updateWebSocketDeadline(connection)
        case .answering, .closing, .lingering: setDeadline(connection, nil)
        }
        if let end = connection.end { finish(connection, end) }
        // What had arrived before the other end stopped reading.
        if wasBlocked, connection.phase == .reading, connections[connection.id] != nil { process(connection) }
        updateInterest(connection)
    }

    /// Lets go of a client that can be sent nothing more.
    private func closeUnread(_ connection: Connection) {
        if connection.channel != nil { context.count { $0.disconnects += 1 } }
        close(connection)
    }

    private func refill(_ connection: Connection) {
        guard let channel = connection.channel else { return }
        let (bytes, end) = channel.take()
        connection.output = bytes
        connection.outputStart = 0
        connection.channelBytes = bytes.count
        if let end { connection.end = end }
    }

    private func advance(_ connection: Connection, by count: Int) {
        connection.outputStart += count
        expectReading(connection)
        let ofChannel = min(connection.channelBytes, count)
        connection.channelBytes -= ofChannel
        if !connection.hasOutput {
            connection.output = []
            connection.outputStart = 0
        }
        if ofChannel > 0 { connection.channel?.sent(ofChannel) }
    }

    private func waitForWriting(_ connection: Connection) {
        if !connection.isWriteBlocked {
            connection.isWriteBlocked = true
            expectReading(connection)
        }
        updateInterest(connection)
    }

    /// Gives the other end its time to take some bytes.
    private func expectReading(_ connection: Connection) {
        connection.stallsAt = now + limits.writeStallLimit
        if connection.phase == .webSocket {
            updateWebSocketDeadline(connection)
        } else {
            setDeadline(connection, connection.stallsAt)
        }
    }

    private func finish(_ connection: Connection, _ end: ResponseChannel.End) {
        connection.end = nil
        switch end {
        case .keepAlive where drainEnd == nil: readNext(connection)
        case .reset: close(connection, byReset: true)
        case .cut: linger(connection, isWhole: false)
        case .keepAlive, .close: linger(connection, isWhole: true)
        }
    }

    private func readNext(_ connection: Connection) {
        connection.phase = .reading
        connection.channel = nil
        connection.task = nil
        connection.place = nil
        connection.lastProgress = .idle
        connection.stageStart = nil
        process(connection)
    }

    /// Says that nothing more comes and reads on for a while: closing with unread bytes makes a reset that can destroy the
    /// answer on its way.
    ///
    /// - Source: RFC 9112, section 9.6.
    private func linger(_ connection: Connection, isWhole: Bool) {
        release(connection, reason: .disconnected)
        connection.phase = .lingering
        connection.shutdownWriting(isWhole: isWhole)
        setDeadline(connection, now + lingerTime)
    }

    /// Shorter once the server stops: an exit should not wait for clients that are slow to hang up.
    var lingerTime: Duration {
        drainEnd == nil ? limits.lingerLimit : min(limits.lingerLimit, .milliseconds(200))
    }
}
