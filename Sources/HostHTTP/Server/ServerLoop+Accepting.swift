/// New connections, and what happens to those beyond the bounds.
extension ServerLoop {
    private static let acceptsPerTurn = 64
    /// Refused connections that get a proper answer at one time; further ones are reset.
    private static let politeRefusals = 64
    private static let acceptPause: Duration = .milliseconds(100)

    func accept(from listener: Socket) {
        for _ in 0..<Self.acceptsPerTurn {
            switch listener.accept() {
            case .none: return
            case .connection(let socket, let address): admit(socket, address)
            case .outOfDescriptors:
                logRefusal("no descriptor is left for another connection")
                guard shed(listener) else { return }
            }
        }
    }

    private func admit(_ socket: Socket, _ address: SocketAddress) {
        let host = address.host
        let perHost = address.isLoopback ? limits.connectionsPerLoopbackAddress : limits.connectionsPerAddress
        if descriptorLimit.isNear(socket) {
            logRefusal("the process is near its limit of open descriptors")
            turnAway(socket)
        } else if connections.count - refusedCount + context.ledger.total >= limits.connections {
            refuse(socket, address, "there are \(limits.connections) connections already")
        } else if connectionsByHost[host, default: 0] + context.ledger.count(of: host) >= perHost {
            refuse(socket, address, "there are \(perHost) connections from this address already")
        } else if let connection = open(socket, address, isRefused: false) {
            connectionsByHost[host, default: 0] += 1
            hasLoggedRefusal = false
            context.count { $0.acceptedConnections += 1 }
            setDeadline(connection, now + (context.tls == nil ? limits.idleLimit : limits.headerDeadline))
        }
    }

    private func open(_ socket: Socket, _ address: SocketAddress, isRefused: Bool) -> Connection? {
        var session: TLSSession?
        if let tls = context.tls {
            session = TLSSession(tls)
            guard session != nil else {
                socket.reset()
                return nil
            }
        }
        let connection = Connection(
            id: takeID(), socket: socket, session: session, address: address, isRefused: isRefused, isLate: drainEnd != nil,
            openedAt: now, limits: limits, budget: context.budget)
        do {
            try poller.watch(socket, id: connection.id, for: connection.interest)
        } catch {
            context.log("a connection cannot be watched: \(error.reason)")
            socket.close()
            return nil
        }
        connections[connection.id] = connection
        context.count { $0.openConnections += 1 }
        return connection
    }

    private func refuse(_ socket: Socket, _ address: SocketAddress, _ reason: String) {
        logRefusal(reason)
        context.count { $0.refusedConnections += 1 }
        // Only after a handshake could TLS say why.
        guard context.tls == nil, refusedCount < Self.politeRefusals, let connection = open(socket, address, isRefused: true) else {
            return socket.reset()
        }
        refusedCount += 1
        connection.phase = .closing
        connection.output = HTTPFailure(503, reason).encoded()
        connection.end = .close
        flush(connection)
    }

    /// One line when refusing begins, not one for each connection.
    private func logRefusal(_ reason: String) {
        guard !hasLoggedRefusal else { return }
        hasLoggedRefusal = true
        context.log("a connection was refused: \(reason)")
    }

    /// Takes a connection with the reserve descriptor, answers 503 and closes it. Without a reserve, accepting pauses: the
    /// poller would report the waiting connection again and again.
    private func shed(_ listener: Socket) -> Bool {
        let hasReserve = reserve.lend {
            if case .connection(let socket, _) = listener.accept() { turnAway(socket) }
        }
        if hasReserve { return true }
        acceptsAgainAt = now + Self.acceptPause
        for (id, listener) in listeners { poller.change(listener, id: id, to: []) }
        return false
    }

    /// Says 503 to a connection whose descriptor is needed back at once.
    private func turnAway(_ socket: Socket) {
        context.count { $0.refusedConnections += 1 }
        if context.tls == nil {
            _ = socket.write(HTTPFailure(503, "no descriptor is left for another connection").encoded()[...])
        }
        socket.shutdownWriting()
        // Bytes that are left unread would turn the close into a reset, which destroys the answer.
        _ = socket.read(into: &readBuffer)
        socket.close()
    }

    func resumeAccepting() {
        acceptsAgainAt = nil
        for (id, listener) in listeners { poller.change(listener, id: id, to: .read) }
    }
}
