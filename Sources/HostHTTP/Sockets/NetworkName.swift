#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// What machines are called on a network.
package enum NetworkName {
    /// The name that this machine has given itself, or nil when it has none.
    package static var ofThisMachine: String? {
        var text = [CChar](repeating: 0, count: 257)
        guard unsafe gethostname(&text, text.count - 1) == 0 else { return nil }
        let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }

    /// Whether a text is an address in numbers and not a name; an IPv6 one may stand in brackets and have a zone (`%eth0`).
    package static func isAddress(_ text: String) -> Bool {
        var bare = Substring(text)
        if bare.hasPrefix("["), bare.hasSuffix("]") { bare = bare.dropFirst().dropLast() }
        let isIPv6 = bare.contains(":")
        guard isIPv6 || bare == text else { return false }
        if isIPv6 { bare = bare.prefix { $0 != "%" } }
        return SocketAddress(numeric: String(bare), port: 0) != nil
    }
}
