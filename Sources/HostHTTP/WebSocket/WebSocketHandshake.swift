/// The upgrade of an HTTP request to a WebSocket.
///
/// - Source: RFC 6455, section 4.2.
package enum WebSocketHandshake {
    private static let suffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

    /// The answer 101, or why the request cannot become a WebSocket.
    static func response(to parsed: HTTPParsedRequest) throws(HTTPFailure) -> [UInt8] {
        let request = parsed.request
        func names(_ header: String, _ token: String) -> Bool {
            request.headers.values(of: header).contains { HTTPSyntax.listMembers($0).contains(token) }
        }
        guard request.method == "GET", parsed.version == .http11, names("Upgrade", "websocket"),
            names("Connection", "upgrade")
        else { throw HTTPFailure(426, "this address speaks WebSocket only") }
        guard request.headers.values(of: "Sec-WebSocket-Version") == ["13"] else {
            throw HTTPFailure(426, "the only WebSocket version is 13")
        }
        let keys = request.headers.values(of: "Sec-WebSocket-Key")
        guard keys.count == 1, Base64.isEncoded(keys[0], byteCount: 16) else {
            throw .badRequest("Sec-WebSocket-Key is not 16 bytes in base64")
        }
        let lines = [
            "HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade",
            "Sec-WebSocket-Accept: \(accept(key: keys[0]))", "", "",
        ]
        return Array(lines.joined(separator: "\r\n").utf8)
    }

    /// What proves that the server has understood the key.
    package static func accept(key: String) -> String {
        Base64.encoded(SHA1.hash(Array((key + suffix).utf8)))
    }
}
