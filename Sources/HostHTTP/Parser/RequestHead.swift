package enum HTTPVersion: Sendable, Equatable {
    case http10, http11
}

/// Request line and header fields, and what they say about the body and the connection.
struct RequestHead: Sendable {
    enum Framing: Equatable, Sendable {
        case none
        case length(Int)
        case chunked
    }

    /// The methods that a route may serve; any other is answered 501. TRACE and CONNECT are left out on purpose.
    static let methods: Set<String> = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"]

    private(set) var method = ""
    private(set) var target = RequestTarget()
    private(set) var version = HTTPVersion.http11
    private(set) var headers = HTTPHeaders()
    private var contentLength: [String] = []
    private var transferEncoding: [String] = []
    private var hosts: [String] = []
    private var connection: [String] = []
    private var expectations: [String] = []

    init() {}

    init(requestLine line: [UInt8]) throws(HTTPFailure) {
        guard line.allSatisfy({ $0 >= HTTPSyntax.space && $0 < 0x7F }) else {
            throw .badRequest("the request line has bytes that are not printable ASCII")
        }
        let parts = line.split(separator: HTTPSyntax.space, omittingEmptySubsequences: false)
        guard parts.count == 3 else {
            throw .badRequest("the request line is not method, target and version with one space between them")
        }
        guard HTTPSyntax.isToken(parts[0]) else { throw .badRequest("the method is not a token") }
        version = try Self.version(parts[2])
        method = String(decoding: parts[0], as: UTF8.self)
        guard Self.methods.contains(method) else {
            throw HTTPFailure(501, "the method is not implemented")
        }
        target = try RequestTarget(parts[1], method: method)
    }

    private static func version(_ bytes: ArraySlice<UInt8>) throws(HTTPFailure) -> HTTPVersion {
        let text = String(decoding: bytes, as: UTF8.self)
        switch text {
        case "HTTP/1.1": return .http11
        case "HTTP/1.0": return .http10
        default:
            let digits = Array(bytes.suffix(3))
            guard bytes.count == 8, text.hasPrefix("HTTP/"), HTTPSyntax.isDigit(digits[0]),
                digits[1] == UInt8(ascii: "."), HTTPSyntax.isDigit(digits[2])
            else { throw .badRequest("the request line does not end in an HTTP version") }
            throw HTTPFailure(505, "only HTTP/1.0 and HTTP/1.1 are spoken here")
        }
    }

    mutating func append(fieldLine: [UInt8]) throws(HTTPFailure) {
        let field = try HeaderLine(fieldLine)
        headers.append(field.name, field.value)
        switch field.name.lowercased() {
        case "content-length": contentLength.append(field.value)
        case "transfer-encoding": transferEncoding.append(field.value)
        case "host": hosts.append(field.value)
        case "connection": connection += HTTPSyntax.listMembers(field.value)
        case "expect": expectations.append(field.value.lowercased())
        default: break
        }
    }

    var keepAlive: Bool {
        if connection.contains("close") { return false }
        return version == .http11 || connection.contains("keep-alive")
    }

    /// Only 1.1 knows the expectation; a 1.0 sender's is ignored (RFC 9110, section 10.1.1).
    var expectsContinue: Bool { version == .http11 && !expectations.isEmpty }

    /// How the body is delimited, once the whole head has been read and found sound.
    func framing(bodyLimit: Int) throws(HTTPFailure) -> Framing {
        try checkHost()
        if version == .http11, expectations.contains(where: { $0 != "100-continue" }) {
            throw HTTPFailure(417, "the only expectation that can be met is 100-continue")
        }
        guard !transferEncoding.isEmpty else { return try lengthFraming(bodyLimit) }
        guard contentLength.isEmpty else {
            throw .badRequest("Content-Length and Transfer-Encoding exclude each other")
        }
        guard version == .http11 else { throw .badRequest("HTTP/1.0 has no Transfer-Encoding") }
        guard transferEncoding.count == 1 else { throw .badRequest("Transfer-Encoding stands there twice") }
        guard transferEncoding[0].lowercased() == "chunked" else {
            throw HTTPFailure(501, "the only Transfer-Encoding is chunked")
        }
        return .chunked
    }

    private func checkHost() throws(HTTPFailure) {
        guard hosts.count <= 1 else { throw .badRequest("there is more than one Host") }
        guard let host = hosts.first else {
            if version == .http10 { return }
            throw .badRequest("HTTP/1.1 needs a Host")
        }
        guard RequestTarget.isAuthority(host.utf8) else { throw .badRequest("the Host is not a name with a port") }
        // A proxy in front may have looked at one of the two only.
        if let authority = target.authority, authority.lowercased() != host.lowercased() {
            throw .badRequest("the target names another host than the Host header")
        }
    }

    private func lengthFraming(_ limit: Int) throws(HTTPFailure) -> Framing {
        guard let text = contentLength.first else { return .none }
        guard contentLength.count == 1 else { throw .badRequest("Content-Length stands there twice") }
        guard !text.isEmpty, text.utf8.allSatisfy(HTTPSyntax.isDigit) else {
            throw .badRequest("Content-Length is not a plain decimal number")
        }
        guard let length = Int(text), length <= limit else {
            throw HTTPFailure(413, "the body is larger than \(limit) bytes")
        }
        return .length(length)
    }
}
