/// Bytes of a connection as the loop reads and writes them, whether TLS stands between or not.
extension Connection {
    enum Received {
        case bytes(ArraySlice<UInt8>)
        /// The other end has closed its half, or the connection is broken.
        case ended
        case nothing
    }

    /// Whether requests may be read; with TLS not before both ends have agreed.
    var isEstablished: Bool { session?.isEstablished ?? true }

    /// Whether bytes wait that were counted as sent.
    var hasRecords: Bool { session?.hasOutput ?? false }

    /// - Parameter buffer: where the socket's bytes go.
    func receive(into buffer: inout [UInt8]) -> Received {
        switch socket.read(into: &buffer) {
        case .wouldBlock: return .nothing
        case .ended: return .ended
        case .bytes(let count):
            guard let session else { return .bytes(buffer[..<count]) }
            switch session.receive(buffer[..<count]) {
            case .bytes(let plain): return .bytes(plain[...])
            case .ended: return .ended
            case .failed:
                // The other end may learn why before it is left.
                _ = session.flush(to: socket)
                return .ended
            }
        }
    }

    /// Takes some bytes to send.
    func write(_ bytes: ArraySlice<UInt8>) -> Socket.Transfer {
        guard let session else { return socket.write(bytes) }
        return session.send(bytes).map { .bytes($0) } ?? .ended
    }

    /// Gives the socket what TLS has made of bytes that were taken.
    func flushRecords() -> Socket.Transfer { session?.flush(to: socket) ?? .bytes(0) }

    /// Signals the other end that nothing more comes.
    ///
    /// - Parameter isWhole: false for an answer that was cut, which TLS then shows as cut.
    func shutdownWriting(isWhole: Bool) {
        if isWhole, let session {
            session.sayEnd()
            _ = session.flush(to: socket)
        }
        socket.shutdownWriting()
    }
}
