/// TLS on one connection: bytes of the socket on one side, plain ones on the other. Lives on the thread of that connection.
///
/// It never waits: what the library wants to send collects here until the socket takes it.
@safe final class TLSSession {
    enum Received {
        case bytes([UInt8])
        /// The other end has said that nothing follows.
        case ended
        /// What came is not TLS, or the two find no common ground.
        case failed
    }

    private static let wantsRead: Int32 = 2
    private static let hasEnded: Int32 = 6
    private static let pending: Int32 = 10
    /// The most that one record holds.
    private static let recordBytes = 16 << 10

    private let context: any TLSParty
    private let session: OpenSSL.Pointer
    private let incoming: OpenSSL.Pointer
    private let outgoing: OpenSSL.Pointer
    private(set) var isEstablished = false
    private var unsent: [UInt8] = []
    private var unsentStart = 0

    /// Nil where the library has no memory, or does not take what the context asks for.
    init?(_ context: any TLSParty) {
        let library = context.library
        guard let session = unsafe library.newSession(context.handle) else { return nil }
        guard let incoming = unsafe library.newBuffer(library.memoryMethod()),
            let outgoing = unsafe library.newBuffer(library.memoryMethod())
        else {
            unsafe library.freeSession(session)
            return nil
        }
        // The session owns both from here on.
        unsafe library.setBuffers(session, incoming, outgoing)
        guard unsafe context.prepare(session) else {
            unsafe library.freeSession(session)
            return nil
        }
        self.context = context
        unsafe self.session = session
        unsafe self.incoming = incoming
        unsafe self.outgoing = outgoing
    }

    deinit { unsafe context.library.freeSession(session) }

    /// Whether the socket has not taken all yet.
    var hasOutput: Bool { unsentStart < unsent.count }

    /// Says the client's first word, which the other end waits for.
    func begin() {
        context.library.clearErrors()
        _ = unsafe context.library.handshake(session)
        collect()
    }

    /// Why the last call failed, in the library's words.
    func takeReason() -> String { context.library.takeReason() }

    /// Takes what the socket gave, and gives what it means.
    func receive(_ bytes: ArraySlice<UInt8>) -> Received {
        defer { collect() }
        let count = Int32(bytes.count)
        var bytes = Array(bytes)
        guard unsafe bytes.withUnsafeMutableBytes({ unsafe context.library.writeBuffer(incoming, $0.baseAddress, count) }) == count
        else { return .failed }
        context.library.clearErrors()
        if !isEstablished {
            let result = unsafe context.library.handshake(session)
            guard result == 1 else { return error(result) == Self.wantsRead ? .bytes([]) : .failed }
            isEstablished = true
        }
        return plain()
    }

    private func plain() -> Received {
        var plain: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: Self.recordBytes)
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes {
                unsafe context.library.read(session, $0.baseAddress, Int32($0.count))
            }
            if count > 0 {
                plain += buffer[..<Int(count)]
                continue
            }
            switch error(count) {
            case Self.wantsRead: return .bytes(plain)
            // What came before the end may be a request; a client that ends before its answer is gone all the same.
            case Self.hasEnded: return .ended
            default: return .failed
            }
        }
    }

    private func error(_ result: Int32) -> Int32 { unsafe context.library.error(session, result) }

    /// Takes plain bytes to send, some at least; nil where the session is broken.
    func send(_ bytes: ArraySlice<UInt8>) -> Int? {
        defer { collect() }
        context.library.clearErrors()
        var record = Array(bytes.prefix(Self.recordBytes))
        let count = unsafe record.withUnsafeMutableBytes {
            unsafe context.library.write(session, $0.baseAddress, Int32($0.count))
        }
        return count > 0 ? Int(count) : nil
    }

    /// Says that nothing follows, so that the other end can distinguish it from a cut.
    func sayEnd() {
        guard isEstablished else { return }
        context.library.clearErrors()
        _ = unsafe context.library.shutdown(session)
        context.library.clearErrors()
        collect()
    }

    private func collect() {
        let count = unsafe context.library.controlBuffer(outgoing, Self.pending, 0, nil)
        guard count > 0 else { return }
        var bytes = [UInt8](repeating: 0, count: count)
        let read = unsafe bytes.withUnsafeMutableBytes {
            unsafe context.library.readBuffer(outgoing, $0.baseAddress, Int32(clamping: $0.count))
        }
        if read > 0 { unsent += bytes[..<Int(read)] }
    }

    /// Gives the socket what it takes; `.bytes` once it has taken all.
    func flush(to socket: Socket) -> Socket.Transfer {
        while hasOutput {
            switch socket.write(unsent[unsentStart...]) {
            case .bytes(let count): unsentStart += count
            case let other: return other
            }
        }
        unsent = []
        unsentStart = 0
        return .bytes(0)
    }
}
