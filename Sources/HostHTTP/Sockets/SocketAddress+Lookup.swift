#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

extension SocketAddress {
    /// The addresses of a server by its name, in the order in which the system would have them tried.
    ///
    /// - Cost: may ask a name server, for seconds.
    /// - Throws: `HTTPError.system` that names the server.
    static func lookUp(_ name: String, port: UInt16) throws(HTTPError) -> [SocketAddress] {
        if let address = SocketAddress(numeric: name, port: port) { return [address] }
        var wanted = unsafe addrinfo()
        unsafe wanted.ai_family = AF_UNSPEC
        #if os(Linux)
            unsafe wanted.ai_socktype = Int32(SOCK_STREAM.rawValue)
        #else
            unsafe wanted.ai_socktype = SOCK_STREAM
        #endif
        var found: UnsafeMutablePointer<addrinfo>?
        let result = unsafe getaddrinfo(name, String(port), &wanted, &found)
        guard result == 0 else { throw .system("\(name) was not found: \(unsafe String(cString: gai_strerror(result)))") }
        defer { unsafe freeaddrinfo(found) }
        var addresses: [SocketAddress] = []
        var next = unsafe found
        while let entry = unsafe next {
            if let address = unsafe entry.pointee.ai_addr, unsafe Int(entry.pointee.ai_addrlen) <= MemoryLayout<sockaddr_storage>.size {
                var storage = sockaddr_storage()
                unsafe withUnsafeMutableBytes(of: &storage) {
                    unsafe $0.copyMemory(from: UnsafeRawBufferPointer(start: address, count: Int(entry.pointee.ai_addrlen)))
                }
                addresses.append(SocketAddress(storage: storage, length: unsafe entry.pointee.ai_addrlen))
            }
            unsafe next = entry.pointee.ai_next
        }
        return addresses
    }
}
