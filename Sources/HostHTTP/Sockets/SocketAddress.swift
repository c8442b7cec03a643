#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// An IPv4 or IPv6 address with a port.
struct SocketAddress: Sendable {
    private var storage: sockaddr_storage
    private var length: socklen_t

    /// What a host as the user writes it stands for, or nil when it is neither a numeric address nor `localhost`.
    ///
    /// `localhost` is both loopback addresses: some clients try the one first, some the other. Other names are not looked
    /// up, because which interface they open would depend on a name server.
    static func candidates(host: String, port: Int) -> [SocketAddress]? {
        guard let port = UInt16(exactly: port) else { return nil }
        if host.lowercased() == "localhost" {
            return ["127.0.0.1", "::1"].compactMap { SocketAddress(numeric: $0, port: port) }
        }
        let bare = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
        return SocketAddress(numeric: bare, port: port).map { [$0] }
    }

    init?(numeric host: String, port: UInt16) {
        storage = sockaddr_storage()
        var four = sockaddr_in()
        var six = sockaddr_in6()
        if unsafe inet_pton(AF_INET, host, &four.sin_addr) == 1 {
            four.sin_family = sa_family_t(AF_INET)
            four.sin_port = port.bigEndian
            length = socklen_t(MemoryLayout<sockaddr_in>.size)
            unsafe withUnsafeMutableBytes(of: &storage) { unsafe $0.storeBytes(of: four, as: sockaddr_in.self) }
        } else if unsafe inet_pton(AF_INET6, host, &six.sin6_addr) == 1 {
            six.sin6_family = sa_family_t(AF_INET6)
            six.sin6_port = port.bigEndian
            length = socklen_t(MemoryLayout<sockaddr_in6>.size)
            unsafe withUnsafeMutableBytes(of: &storage) { unsafe $0.storeBytes(of: six, as: sockaddr_in6.self) }
        } else {
            return nil
        }
        #if canImport(Darwin)
            storage.ss_len = UInt8(length)
        #endif
    }

    init(storage: sockaddr_storage, length: socklen_t) {
        self.storage = storage
        self.length = length
    }

    var family: Int32 { Int32(storage.ss_family) }

    var port: Int {
        Int(UInt16(bigEndian: family == AF_INET ? four.sin_port : six.sin6_port))
    }

    func with(port: Int) -> SocketAddress? {
        UInt16(exactly: port).flatMap { SocketAddress(numeric: host, port: $0) }
    }

    /// The numeric address without the port. An IPv4 address that came in over IPv6 is written as IPv4.
    var host: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let size = socklen_t(text.count)
        if family == AF_INET {
            var address = four.sin_addr
            guard unsafe inet_ntop(AF_INET, &address, &text, size) != nil else { return "" }
        } else {
            var address = six.sin6_addr
            guard unsafe inet_ntop(AF_INET6, &address, &text, size) != nil else { return "" }
        }
        let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return String(decoding: bytes, as: UTF8.self)
    }

    var isLoopback: Bool {
        let host = host
        return host.hasPrefix("127.") || host == "::1" || host.hasPrefix("::ffff:127.")
    }

    private var four: sockaddr_in {
        unsafe withUnsafeBytes(of: storage) { unsafe $0.load(as: sockaddr_in.self) }
    }

    private var six: sockaddr_in6 {
        unsafe withUnsafeBytes(of: storage) { unsafe $0.load(as: sockaddr_in6.self) }
    }

    /// The address as the system's calls want it, for the length of one.
    func withSystemAddress(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        unsafe withUnsafeBytes(of: storage) { bytes in
            guard let address = unsafe bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return -1 }
            return unsafe body(address, length)
        }
    }

    func bind(_ descriptor: Int32) throws(SystemError) {
        let result = unsafe withSystemAddress { address, length in
            #if canImport(Darwin)
                return unsafe Darwin.bind(descriptor, address, length)
            #elseif canImport(Musl)
                return unsafe Musl.bind(descriptor, address, length)
            #else
                return unsafe Glibc.bind(descriptor, address, length)
            #endif
        }
        guard result == 0 else { throw SystemError.last("bind") }
    }

    /// The address that a socket is bound to.
    static func bound(_ descriptor: Int32) throws(SystemError) -> SocketAddress {
        let (result, address) = unsafe filled { unsafe getsockname(descriptor, $0, $1) }
        guard result == 0 else { throw SystemError.last("getsockname") }
        return address
    }

    static func accept(_ descriptor: Int32) -> (descriptor: Int32, address: SocketAddress) {
        let (result, address) = unsafe filled { address, length in
            #if canImport(Darwin)
                return unsafe Darwin.accept(descriptor, address, length)
            #elseif canImport(Musl)
                return unsafe Musl.accept(descriptor, address, length)
            #else
                return unsafe Glibc.accept(descriptor, address, length)
            #endif
        }
        return (result, address)
    }

    private static func filled(
        by call: (UnsafeMutablePointer<sockaddr>?, UnsafeMutablePointer<socklen_t>?) -> Int32
    ) -> (Int32, SocketAddress) {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = unsafe withUnsafeMutableBytes(of: &storage) { bytes in
            let address = unsafe bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self)
            return unsafe withUnsafeMutablePointer(to: &length) { unsafe call(address, $0) }
        }
        return (result, SocketAddress(storage: storage, length: length))
    }
}
