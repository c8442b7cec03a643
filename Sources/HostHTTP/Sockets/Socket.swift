#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A non-blocking stream socket. It closes with its last owner.
struct Socket: Sendable {
    enum Transfer: Equatable {
        case bytes(Int)
        /// The other end has closed its half, or the connection is broken.
        case ended
        /// Nothing can be done now without waiting.
        case wouldBlock
    }

    enum Accepted {
        case connection(Socket, SocketAddress)
        case none
        /// This process, or the machine, has no descriptor left.
        case outOfDescriptors
    }

    let descriptor: Int32

    static func listening(on address: SocketAddress, sendBufferBytes: Int) throws(SystemError) -> Socket {
        let listener = try stream(address.family)
        do throws(SystemError) {
            try listener.makeNonBlocking()
            try listener.set(SOL_SOCKET, SO_REUSEADDR, 1)
            // Accepted sockets inherit it. Left to itself the kernel takes megabytes of an unread answer.
            try listener.set(SOL_SOCKET, SO_SNDBUF, Int32(clamping: sendBufferBytes))
            if address.family == AF_INET6 { try listener.set(Int32(IPPROTO_IPV6), IPV6_V6ONLY, 1) }
            try address.bind(listener.descriptor)
            guard listen(listener.descriptor, 511) == 0 else { throw SystemError.last("listen") }
        } catch {
            listener.close()
            throw error
        }
        return listener
    }

    /// A socket that is being connected; it is writable once it is, or cannot be.
    static func connecting(to address: SocketAddress) throws(SystemError) -> Socket {
        let connection = try stream(address.family)
        do throws(SystemError) {
            try connection.makeNonBlocking()
            try connection.set(Int32(IPPROTO_TCP), TCP_NODELAY, 1)
            try connection.set(SOL_SOCKET, SO_KEEPALIVE, 1)
            #if canImport(Darwin)
                try connection.set(SOL_SOCKET, SO_NOSIGPIPE, 1)
            #endif
            guard unsafe address.withSystemAddress({ unsafe connect(connection.descriptor, $0, $1) }) == 0 || errno == EINPROGRESS else {
                throw SystemError.last("connect")
            }
        } catch {
            connection.close()
            throw error
        }
        return connection
    }

    private static func stream(_ family: Int32) throws(SystemError) -> Socket {
        #if os(Linux)
            let type = Int32(SOCK_STREAM.rawValue)
        #else
            let type = SOCK_STREAM
        #endif
        let descriptor = socket(family, type, 0)
        guard descriptor >= 0 else { throw SystemError.last("socket") }
        return Socket(descriptor: descriptor)
    }

    /// Why connecting failed; nil where it did not.
    var connectFailure: SystemError? {
        var code: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        guard unsafe getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size) == 0 else { return SystemError.last("getsockopt") }
        return code == 0 ? nil : SystemError(call: "connect", code: code)
    }

    private func makeNonBlocking() throws(SystemError) {
        guard fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK) == 0,
            fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0
        else { throw SystemError.last("fcntl") }
    }

    private func set(_ level: Int32, _ option: Int32, _ value: Int32) throws(SystemError) {
        var value = value
        let size = socklen_t(MemoryLayout<Int32>.size)
        guard unsafe setsockopt(descriptor, level, option, &value, size) == 0 else {
            throw SystemError.last("setsockopt")
        }
    }

    func accept() -> Accepted {
        while true {
            let (taken, address) = SocketAddress.accept(descriptor)
            if taken >= 0 {
                let connection = Socket(descriptor: taken)
                // A peer that has already gone makes these fail; the first read then says so.
                try? connection.makeNonBlocking()
                try? connection.set(Int32(IPPROTO_TCP), TCP_NODELAY, 1)
                try? connection.set(SOL_SOCKET, SO_KEEPALIVE, 1)
                #if canImport(Darwin)
                    try? connection.set(SOL_SOCKET, SO_NOSIGPIPE, 1)
                #endif
                return .connection(connection, address)
            }
            switch errno {
            case EINTR, ECONNABORTED: continue
            case EMFILE, ENFILE, ENOBUFS, ENOMEM: return .outOfDescriptors
            default: return .none
            }
        }
    }

    func read(into buffer: inout [UInt8]) -> Transfer {
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
            if count > 0 { return .bytes(count) }
            if count == 0 { return .ended }
            if errno == EINTR { continue }
            return errno == EAGAIN || errno == EWOULDBLOCK ? .wouldBlock : .ended
        }
    }

    func write(_ bytes: ArraySlice<UInt8>) -> Transfer {
        #if canImport(Darwin)
            let flags: Int32 = 0
        #else
            let flags = Int32(MSG_NOSIGNAL)
        #endif
        while true {
            let count = unsafe bytes.withUnsafeBytes { unsafe send(descriptor, $0.baseAddress, $0.count, flags) }
            if count >= 0 { return .bytes(count) }
            if errno == EINTR { continue }
            return errno == EAGAIN || errno == EWOULDBLOCK ? .wouldBlock : .ended
        }
    }

    /// Signals the other end that nothing more comes.
    func shutdownWriting() {
        _ = shutdown(descriptor, Int32(SHUT_WR))
    }

    func close() {
        #if canImport(Darwin)
            _ = Darwin.close(descriptor)
        #elseif canImport(Musl)
            _ = Musl.close(descriptor)
        #else
            _ = Glibc.close(descriptor)
        #endif
    }

    /// Closes with a reset, so that the other end cannot take what it has for the whole.
    func reset() {
        var lingerNow = linger(l_onoff: 1, l_linger: 0)
        _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &lingerNow, socklen_t(MemoryLayout<linger>.size))
        close()
    }
}
