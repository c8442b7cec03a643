/// A connection of ours to another server, with TLS where it is wanted. Lives on one thread; only its waker is for all.
package final class ClientSocket {
    /// Ends the wait of the thread that a client's connection lives on, from any other.
    package final class Waker: Sendable {
        fileprivate let poller: SystemPoller

        /// - Throws: `HTTPError.system` where the machine has no descriptor left.
        package init() throws(HTTPError) {
            do throws(SystemError) {
                poller = try SystemPoller()
            } catch {
                throw .system("no descriptor is left: \(error.reason)")
            }
        }

        deinit { poller.close() }

        package func wake() { poller.wake() }

        /// Waits without a connection.
        package func wait(atMost time: Duration) { _ = poller.wait(atMost: time) }
    }

    package enum Received: Equatable {
        case bytes([UInt8])
        /// Nothing has come.
        case nothing
        /// The other end has closed the connection, or it is broken.
        case ended
    }

    private static let identifier: UInt64 = 1
    private let socket: Socket
    private let waker: Waker
    private let session: TLSSession?
    private var isAwaitingRoom = true
    private var buffer = [UInt8](repeating: 0, count: 64 << 10)

    /// Connects, and agrees on TLS.
    ///
    /// - Parameters:
    ///   - deadline: when it must stand; a name server may take longer.
    /// - Throws: `HTTPError.system` or `.tls` in words.
    package init(
        to host: String, port: UInt16, tls: TLSClientContext?, waker: Waker, by deadline: ContinuousClock.Instant
    ) throws(HTTPError) {
        self.waker = waker
        socket = try Self.connect(to: host, port: port, waker, by: deadline)
        session = tls.flatMap { TLSSession($0) }
        if tls != nil, session == nil { throw .tls("OpenSSL makes no session for \(host)") }
        guard let session else { return }
        session.begin()
        while !session.isEstablished {
            guard ContinuousClock.now < deadline else { throw .tls("\(host) does not agree on TLS in time") }
            switch receive() {
            case .ended: throw .tls("\(host) and this host do not agree on TLS: \(session.takeReason())")
            case .nothing: wait(sending: false, until: deadline)
            case .bytes: break
            }
        }
    }

    deinit {
        waker.poller.forget(socket)
        socket.close()
    }

    private static func connect(
        to host: String, port: UInt16, _ waker: Waker, by deadline: ContinuousClock.Instant
    ) throws(HTTPError) -> Socket {
        var failure = "has no address"
        for address in try SocketAddress.lookUp(host, port: port) {
            do throws(SystemError) {
                let socket = try Socket.connecting(to: address)
                do throws(SystemError) {
                    try waker.poller.watch(socket, id: Self.identifier, for: [.write])
                    var isReady = false
                    while !isReady, ContinuousClock.now < deadline {
                        let events = waker.poller.wait(atMost: deadline - .now)
                        isReady = events.contains { $0.writable || $0.ended }
                    }
                    if let error = socket.connectFailure { throw error }
                    if isReady {
                        waker.poller.change(socket, id: Self.identifier, to: [.read, .write])
                        return socket
                    }
                    failure = "does not answer"
                } catch {
                    waker.poller.forget(socket)
                    socket.close()
                    throw error
                }
                waker.poller.forget(socket)
                socket.close()
            } catch {
                failure = error.reason
            }
        }
        throw .system("\(host):\(port): \(failure)")
    }

    /// Takes bytes to send, as many as there is room for; nil where the connection is broken.
    package func send(_ bytes: ArraySlice<UInt8>) -> Int? {
        guard let session else {
            switch socket.write(bytes) {
            case .bytes(let count): return count
            case .wouldBlock: return 0
            case .ended: return nil
            }
        }
        guard flush(session) else { return nil }
        guard !session.hasOutput, !bytes.isEmpty else { return 0 }
        guard let count = session.send(bytes) else { return nil }
        return flush(session) ? count : nil
    }

    /// False where the connection is broken.
    private func flush(_ session: TLSSession) -> Bool { session.flush(to: socket) != .ended }

    /// What has come, without waiting.
    package func receive() -> Received {
        if let session, !flush(session) { return .ended }
        switch socket.read(into: &buffer) {
        case .wouldBlock: return .nothing
        case .ended: return .ended
        case .bytes(let count):
            guard let session else { return .bytes(Array(buffer[..<count])) }
            switch session.receive(buffer[..<count]) {
            case .bytes(let plain): return flush(session) ? .bytes(plain) : .ended
            case .ended, .failed: return .ended
            }
        }
    }

    /// Waits until something has come, or there is room to send where that is wanted, or another thread wakes it.
    package func wait(sending: Bool, until deadline: ContinuousClock.Instant) {
        let wantsRoom = sending || session?.hasOutput == true
        if wantsRoom != isAwaitingRoom {
            isAwaitingRoom = wantsRoom
            waker.poller.change(socket, id: Self.identifier, to: wantsRoom ? [.read, .write] : [.read])
        }
        let time = deadline - .now
        if time > .zero { _ = waker.poller.wait(atMost: time) }
    }
}
