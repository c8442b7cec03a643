/// The target of a request line: path and query, percent-decoded once.
///
/// A path that means another one once it is decoded or normalised again is refused: dot segments, encoded dots,
/// slashes and backslashes, control characters.
///
/// - Source: RFC 9112, section 3.2, and RFC 3986.
struct RequestTarget: Sendable {
    private(set) var text = "/"
    private(set) var path = "/"
    private(set) var query: [(name: String, value: String)] = []
    /// The host of a target in absolute form.
    private(set) var authority: String?

    init() {}

    init(_ bytes: ArraySlice<UInt8>, method: String) throws(HTTPFailure) {
        guard !bytes.isEmpty else { throw .badRequest("the target is empty") }
        text = String(decoding: bytes, as: UTF8.self)
        guard !bytes.contains(UInt8(ascii: "#")) else { throw .badRequest("the target has a fragment") }
        if text == "*" {
            guard method == "OPTIONS" else { throw .badRequest("the target * goes with OPTIONS only") }
            return
        }
        var rest = bytes
        if rest.first != UInt8(ascii: "/") { rest = try takeAuthority(rest) }
        let mark = rest.firstIndex(of: UInt8(ascii: "?"))
        path = try Self.decodedPath(rest[..<(mark ?? rest.endIndex)])
        if let mark { query = try Self.decodedQuery(rest[(mark + 1)...]) }
    }

    private mutating func takeAuthority(_ bytes: ArraySlice<UInt8>) throws(HTTPFailure) -> ArraySlice<UInt8> {
        let scheme = "http://".utf8
        guard String(decoding: bytes.prefix(scheme.count), as: UTF8.self).lowercased() == "http://" else {
            throw .badRequest("the target begins neither with / nor with http://")
        }
        let rest = bytes.dropFirst(scheme.count)
        let end = rest.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? rest.endIndex
        guard Self.isAuthority(rest[..<end]) else { throw .badRequest("the target's host is not a name with a port") }
        authority = String(decoding: rest[..<end], as: UTF8.self)
        return rest[end...]
    }

    /// A host name, an IPv4 address or an IPv6 address in brackets, with or without a port; never with user information.
    static func isAuthority(_ bytes: some Collection<UInt8>) -> Bool {
        var rest = Array(bytes)[...]
        if rest.first == UInt8(ascii: "[") {
            guard let end = rest.firstIndex(of: UInt8(ascii: "]")) else { return false }
            let inside = rest[(rest.startIndex + 1)..<end]
            let isAddress = inside.allSatisfy { HTTPSyntax.hexValue($0) != nil || $0 == 0x3A || $0 == 0x2E }
            guard !inside.isEmpty, isAddress else { return false }
            rest = rest[(end + 1)...]
        } else {
            let end = rest.firstIndex(of: UInt8(ascii: ":")) ?? rest.endIndex
            let name = rest[..<end]
            let isName = name.allSatisfy {
                $0 == 0x2D || $0 == 0x2E || $0 == 0x5F || HTTPSyntax.isDigit($0) || ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A)
            }
            guard !name.isEmpty, isName else { return false }
            rest = rest[end...]
        }
        guard let colon = rest.first else { return true }
        return colon == UInt8(ascii: ":") && rest.count <= 6 && rest.dropFirst().allSatisfy(HTTPSyntax.isDigit)
    }

    private static func decodedPath(_ bytes: ArraySlice<UInt8>) throws(HTTPFailure) -> String {
        guard !bytes.isEmpty else { return "/" }
        guard !bytes.contains(UInt8(ascii: "\\")) else { throw .badRequest("the path has a backslash") }
        let path = try decoded(bytes, plusIsSpace: false) { byte in
            // An encoded slash is one: clients encode it in model ids. Dot segments are looked for behind it.
            byte >= 0x20 && byte != 0x7F && byte != UInt8(ascii: ".") && byte != UInt8(ascii: "\\")
        }
        let segments = path.utf8.split(separator: UInt8(ascii: "/"))
        guard !segments.contains(where: { $0.elementsEqual(".".utf8) || $0.elementsEqual("..".utf8) }) else {
            throw .badRequest("the path has dot segments")
        }
        return path
    }

    private static func decodedQuery(
        _ bytes: ArraySlice<UInt8>
    ) throws(HTTPFailure) -> [(name: String, value: String)] {
        var pairs: [(name: String, value: String)] = []
        for part in bytes.split(separator: UInt8(ascii: "&")) {
            let equals = part.firstIndex(of: UInt8(ascii: "=")) ?? part.endIndex
            let name = try decoded(part[..<equals], plusIsSpace: true) { $0 != 0 }
            let value = try decoded(part[equals...].dropFirst(), plusIsSpace: true) { $0 != 0 }
            pairs.append((name, value))
        }
        return pairs
    }

    private static func decoded(
        _ bytes: ArraySlice<UInt8>, plusIsSpace: Bool, mayBeEncoded: (UInt8) -> Bool
    ) throws(HTTPFailure) -> String {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let byte = bytes[index]
            if byte == UInt8(ascii: "%") {
                guard index + 2 < bytes.endIndex, let high = HTTPSyntax.hexValue(bytes[index + 1]),
                    let low = HTTPSyntax.hexValue(bytes[index + 2])
                else { throw .badRequest("the target has a percent sign without two hexadecimal digits") }
                let value = high << 4 | low
                guard mayBeEncoded(value) else {
                    throw .badRequest("the target has an encoded character that is not accepted there")
                }
                result.append(value)
                index += 3
            } else {
                result.append(plusIsSpace && byte == UInt8(ascii: "+") ? HTTPSyntax.space : byte)
                index += 1
            }
        }
        guard let text = String(validating: result, as: UTF8.self) else {
            throw .badRequest("the target is not valid UTF-8")
        }
        return text
    }
}
