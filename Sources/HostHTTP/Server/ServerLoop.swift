import HostRuntime

/// The thread that owns the listeners and every connection.
///
/// Handlers run elsewhere, in tasks; they speak with the loop through response channels and the mailbox. Nothing here waits
/// for anything but the poller.
final class ServerLoop {
    typealias Instant = ContinuousClock.Instant

    let context: ServerContext
    let poller: SystemPoller
    var listeners: [UInt64: Socket] = [:]
    var connections: [UInt64: Connection] = [:]
    var connectionsByHost: [String: Int] = [:]
    var refusedCount = 0
    var deadlines = DeadlineQueue<Instant>()
    var reserve = ReserveDescriptor()
    let descriptorLimit = DescriptorLimit()
    var readBuffer = [UInt8](repeating: 0, count: 64 << 10)
    var now = ContinuousClock.now
    var nextID: UInt64 = 1
    /// True after a refusal was logged, until a connection is taken again.
    var hasLoggedRefusal = false
    /// Set while accepting rests because not even a reserve descriptor was available.
    var acceptsAgainAt: Instant?
    /// Until when requests in work may finish; set once the server takes on no more.
    var drainEnd: Instant?
    private var hasDrained = false
    private var isStopping = false

    var limits: HTTPLimits { context.limits }

    init(context: ServerContext, poller: SystemPoller, listeners: [Socket]) {
        self.context = context
        self.poller = poller
        for listener in listeners { self.listeners[takeID()] = listener }
    }

    func takeID() -> UInt64 {
        defer { nextID += 1 }
        return nextID
    }

    func run() {
        for (id, listener) in listeners {
            do {
                try poller.watch(listener, id: id, for: .read)
            } catch {
                context.log("a listener cannot be watched: \(error.reason)")
            }
        }
        while !isStopping { turn() }
        closeEverything()
    }

    private func turn() {
        let next = [deadlines.earliest, hasDrained ? nil : drainEnd, acceptsAgainAt].compactMap { $0 }.min()
        let events = poller.wait(atMost: next.map { $0 - ContinuousClock.now })
        now = ContinuousClock.now
        for message in context.mailbox.takeAll() { handle(message) }
        for event in events { handle(event) }
        while let due = deadlines.takeDue(at: now) { checkDeadline(due.id, queuedAt: due.time) }
        if let time = acceptsAgainAt, time <= now { resumeAccepting() }
        if let drainEnd, !hasDrained, now >= drainEnd || !connections.values.contains(where: \.isInWork) {
            hasDrained = true
            context.drained.open()
        }
    }

    private func handle(_ message: LoopMessage) {
        switch message {
        case .output(let id):
            if let connection = connections[id] { flush(connection) }
        case .upgrade(let id, let inbox):
            if let connection = connections[id] { upgrade(connection, inbox) }
        case .readMore(let id):
            if let connection = connections[id] {
                readFrames(connection)
                updateInterest(connection)
            }
        case .drain(let limit): startDraining(until: now + limit)
        case .stop: isStopping = true
        }
    }

    private func handle(_ event: PollEvent) {
        if let listener = listeners[event.id] { return accept(from: listener) }
        // An event may be older than the connection's end in this same turn.
        guard let connection = connections[event.id] else { return }
        if event.ended { return otherEndClosed(connection) }
        if event.writable { flush(connection) }
        if event.readable, connections[event.id] != nil { read(connection) }
    }

    // MARK: Deadlines

    func setDeadline(_ connection: Connection, _ time: Instant?) {
        connection.deadline = time
        guard let time else { return }
        if let queued = connection.queuedDeadline, queued <= time { return }
        connection.queuedDeadline = time
        deadlines.add(connection.id, at: time)
    }

    private func checkDeadline(_ id: UInt64, queuedAt: Instant) {
        guard let connection = connections[id], connection.queuedDeadline == queuedAt else { return }
        connection.queuedDeadline = nil
        guard let deadline = connection.deadline else { return }
        if deadline > now { return setDeadline(connection, deadline) }
        expire(connection)
    }

    private func expire(_ connection: Connection) {
        switch connection.phase {
        case .reading where connection.isWriteBlocked: cutStalled(connection)
        case .reading where connection.parser.progress == .idle: close(connection)
        case .reading: fail(connection, HTTPFailure(408, "the request did not arrive in time"))
        case .lingering: close(connection)
        case .webSocket: expireWebSocket(connection)
        case .answering, .closing: cutStalled(connection)
        }
    }

    func cutStalled(_ connection: Connection) {
        context.count { $0.stalls += 1 }
        close(connection, reason: .stalled, byReset: true)
    }

    // MARK: The end

    private func startDraining(until time: Instant) {
        guard drainEnd == nil else { return }
        drainEnd = time
        context.startDraining()
        for connection in Array(connections.values) {
            switch connection.phase {
            case .reading where connection.isWriteBlocked: cutStalled(connection)
            case .reading where connection.parser.progress == .idle: closeIdle(connection)
            case .lingering: setDeadline(connection, now + lingerTime)
            case .webSocket: connection.inbox?.close()
            default: break
            }
        }
    }

    /// Closes a connection, unless a request has arrived on it that nobody has read yet.
    private func closeIdle(_ connection: Connection) {
        read(connection)
        guard connections[connection.id] != nil, connection.phase == .reading, connection.parser.progress == .idle else { return }
        close(connection)
    }

    private func closeEverything() {
        for listener in listeners.values {
            poller.forget(listener)
            listener.close()
        }
        listeners = [:]
        for connection in Array(connections.values) { close(connection, byReset: connection.phase == .answering) }
        reserve.release()
        context.mailbox.close()
        poller.close()
        context.drained.open()
        context.finished.open()
    }

    /// The other end closed one half or both. A half-closed client counts as gone: nothing distinguishes it from one that crashed.
    private func otherEndClosed(_ connection: Connection) {
        if connection.phase == .answering || connection.phase == .webSocket { context.count { $0.disconnects += 1 } }
        close(connection)
    }

    func close(_ connection: Connection, reason: HTTPError = .disconnected, byReset: Bool = false) {
        guard connections.removeValue(forKey: connection.id) != nil else { return }
        release(connection, reason: reason)
        poller.forget(connection.socket)
        if byReset { connection.socket.reset() } else { connection.socket.close() }
        if connection.isRefused {
            refusedCount -= 1
        } else {
            let left = (connectionsByHost[connection.host] ?? 1) - 1
            connectionsByHost[connection.host] = left > 0 ? left : nil
        }
        context.count { $0.openConnections -= 1 }
    }

    /// Lets go of the handler: its task is cancelled and its writes throw.
    func release(_ connection: Connection, reason: HTTPError) {
        connection.channel?.fail(reason)
        connection.inbox?.fail()
        if let task = connection.task, connection.place?.clientLeft() == true { Cancellation.request(of: task) }
        connection.channel = nil
        connection.inbox = nil
        connection.task = nil
        connection.place = nil
        connection.framesShare = nil
    }

    func updateInterest(_ connection: Connection) {
        guard connections[connection.id] != nil else { return }
        let wanted = connection.wantedInterest
        guard wanted != connection.interest else { return }
        connection.interest = wanted
        poller.change(connection.socket, id: connection.id, to: wanted)
    }
}
