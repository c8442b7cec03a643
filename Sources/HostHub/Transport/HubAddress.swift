import Foundation

/// An address that may be fetched: `http` or `https`, with a host and without a password in it.
package struct HubAddress: Sendable, Equatable {
    /// As it is sent.
    package let text: String
    let isEncrypted: Bool
    let host: String
    private let port: Int

    init?(_ text: String) {
        guard let url = URL(string: text), let scheme = url.scheme?.lowercased(), ["http", "https"].contains(scheme),
            let host = url.host(percentEncoded: true)?.lowercased(), !host.isEmpty, url.user == nil, url.password == nil
        else { return nil }
        self.text = url.absoluteString
        self.host = host
        isEncrypted = scheme == "https"
        port = url.port ?? (isEncrypted ? 443 : 80)
    }

    /// Whether both are one host's, so that what one may know the other may, too.
    func hasOrigin(of other: HubAddress) -> Bool {
        host == other.host && port == other.port && isEncrypted == other.isEncrypted
    }

    /// Where a redirect leads that this address answered with.
    func following(_ location: String) -> HubAddress? {
        guard let base = URL(string: text), let target = URL(string: location, relativeTo: base) else { return nil }
        return HubAddress(target.absoluteURL.absoluteString)
    }

    /// Whether what is sent there stays on this machine.
    var isLoopback: Bool {
        let isNumeric = host.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }
        return host.hasPrefix("127.") && isNumeric || ["localhost", "::1", "[::1]"].contains(host)
    }
}

extension String {
    /// The text as a part of a path, or as a value in a query.
    func percentEncoded(keepingSlashes: Bool) -> String {
        utf8.map { byte in
            let isPlain = (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || "-_.~".utf8.contains(byte)
            if isPlain || keepingSlashes && byte == UInt8(ascii: "/") { return String(UnicodeScalar(byte)) }
            return "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }.joined()
    }
}
