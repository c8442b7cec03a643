import HostHTTP

/// A connection to a store that stands, with what is on its way in both directions. Lives on one thread.
final class StoreLine {
    /// Commands that were sent, or are being sent.
    private struct Flight {
        let count: Int
        let deadline: ContinuousClock.Instant
        /// Nil once the waiter has its answer.
        var finish: (@Sendable ([RESPValue]?) -> Void)?
        var answers: [RESPValue] = []
    }

    /// Bytes on their way out beyond which nothing is added.
    private static let outgoingBytes = 256 << 10

    private let socket: ClientSocket
    private let bounds: StoreConnection.Bounds
    private let health: StoreHealth
    private var parser: RESPParser
    /// The first is being sent, from `sentCount` on.
    private var outgoing: [[UInt8]] = []
    private var outgoingCount = 0
    private var sentCount = 0
    private var flights: [Flight] = []
    private var lastByte = ContinuousClock.now

    /// Connects, says who we are, and waits for the server to agree.
    init(
        _ address: StoreAddress, tls: TLSClientContext?, waker: ClientSocket.Waker, bounds: StoreConnection.Bounds, health: StoreHealth
    ) throws(StoreLoss) {
        self.bounds = bounds
        self.health = health
        parser = RESPParser(limits: RESPParser.Limits(value: bounds.valueBytes))
        let deadline = ContinuousClock.now + bounds.connecting
        do throws(HTTPError) {
            socket = try ClientSocket(to: address.host, port: address.port, tls: tls, waker: waker, by: deadline)
        } catch {
            throw StoreLoss(error.reason)
        }
        var commands: [StoreCommand] = []
        if let password = address.password { commands.append(.authenticate(user: address.user, password: password)) }
        if address.database != 0 { commands.append(.select(address.database)) }
        commands.append(.ping)
        for command in commands { try greet(command, by: deadline) }
        lastByte = .now
    }

    private func greet(_ command: StoreCommand, by deadline: ContinuousClock.Instant) throws(StoreLoss) {
        var bytes: [UInt8] = []
        command.encode(into: &bytes)
        enqueue(bytes)
        while true {
            try send()
            try receive()
            if let answer = try nextAnswer() {
                if case .word = answer { return }
                if case .failure(let text) = answer { throw StoreLoss("it says: \(text.prefix(200))") }
                throw StoreLoss("it answers \(String(decoding: command.words[0], as: UTF8.self)) with something else than OK")
            }
            guard ContinuousClock.now < deadline else { throw StoreLoss("it does not answer") }
            socket.wait(sending: !outgoing.isEmpty, until: deadline)
        }
    }

    /// Bytes that may be added now.
    var roomToSend: Int { max(0, Self.outgoingBytes - outgoingCount) }

    func add(_ batch: StoreConnection.Batch) {
        if flights.isEmpty { lastByte = .now }
        enqueue(batch.bytes)
        flights.append(Flight(count: batch.count, deadline: batch.deadline, finish: batch.finish))
    }

    private func enqueue(_ bytes: [UInt8]) {
        outgoing.append(bytes)
        outgoingCount += bytes.count
    }

    /// Sends and receives what can be, and waits for more, for a while.
    func exchange() throws(StoreLoss) {
        try send()
        try receive()
        while let answer = try nextAnswer() { try take(answer) }
        tellLate()
        let now = ContinuousClock.now
        if flights.isEmpty {
            if now - lastByte >= bounds.idle {
                add(StoreConnection.Batch([.ping], by: now + bounds.silence) { _ in })
                return
            }
            return socket.wait(sending: false, until: lastByte + bounds.idle)
        }
        guard now - lastByte < bounds.silence else { throw StoreLoss("no byte came in \(bounds.silence)") }
        let nextDeadline = flights.lazy.filter { $0.finish != nil }.map(\.deadline).min()
        socket.wait(sending: !outgoing.isEmpty, until: min(nextDeadline ?? lastByte + bounds.silence, lastByte + bounds.silence))
    }

    /// Lets all that still wait know that there is no answer.
    func giveUp() {
        for flight in flights { flight.finish?(nil) }
        flights = []
    }

    private func send() throws(StoreLoss) {
        while let bytes = outgoing.first {
            guard let count = socket.send(bytes[sentCount...]) else { throw StoreLoss("the connection broke") }
            guard count > 0 else { return }
            lastByte = .now
            sentCount += count
            health.count { $0.bytesSent += count }
            guard sentCount == bytes.count else { continue }
            outgoing.removeFirst()
            outgoingCount -= bytes.count
            sentCount = 0
        }
        // What TLS holds back is sent, too.
        guard socket.send([]) != nil else { throw StoreLoss("the connection broke") }
    }

    private func receive() throws(StoreLoss) {
        while true {
            switch socket.receive() {
            case .nothing: return
            case .ended: throw StoreLoss("it closed the connection")
            case .bytes(let bytes):
                lastByte = .now
                health.count { $0.bytesReceived += bytes.count }
                parser.append(bytes)
                // Answers are read before more is taken in, so that many small ones never lie here as bytes.
                if !flights.isEmpty { while let answer = try nextAnswer() { try take(answer) } }
            }
        }
    }

    private func nextAnswer() throws(StoreLoss) -> RESPValue? {
        do throws(RESPError) {
            return try parser.next()
        } catch {
            switch error {
            case .malformed(let what), .tooLarge(let what): throw StoreLoss("it does not speak the protocol: \(what)")
            }
        }
    }

    private func take(_ answer: RESPValue) throws(StoreLoss) {
        guard !flights.isEmpty else { throw StoreLoss("it sent a reply without a request") }
        // Nobody waits for it any more.
        if flights[0].finish == nil { flights[0].answers.append(.nothing) } else { flights[0].answers.append(answer) }
        guard flights[0].answers.count == flights[0].count else { return }
        let flight = flights.removeFirst()
        flight.finish?(flight.answers)
    }

    private func tellLate() {
        let now = ContinuousClock.now
        for index in flights.indices where flights[index].deadline <= now {
            flights[index].finish?(nil)
            flights[index].finish = nil
            flights[index].answers = flights[index].answers.map { _ in .nothing }
        }
    }
}

extension HTTPError {
    /// In words.
    fileprivate var reason: String {
        switch self {
        case .bind(let text), .tls(let text), .system(let text): text
        case .disconnected, .stalled: "the connection broke"
        }
    }
}
