/// The head of an answer as bytes. What delimits the message is the server's: such fields of the handler are left out.
///
/// - Source: RFC 9112, section 4 and 6.
struct ResponseHead {
    enum Framing: Equatable {
        case none
        case length(Int)
        case chunked
        /// HTTP/1.0: the end of the connection ends the body.
        case untilClose
    }

    private static let owned: Set<String> = [
        "content-length", "transfer-encoding", "connection", "date", "keep-alive", "trailer",
    ]

    var status: Int
    var headers: HTTPHeaders
    var framing: Framing
    var keepAlive: Bool

    /// The bytes up to the empty line, or nil when the status or a header could not be sent without changing the message.
    func encoded(secondsSince1970: Int) -> [UInt8]? {
        guard (200...599).contains(status) else { return nil }
        var text = "HTTP/1.1 \(status) \(HTTPStatus.reason(status))\r\n"
        for field in headers.fields where !Self.owned.contains(field.name.lowercased()) {
            guard Self.isSafe(field) else { return nil }
            text += "\(field.name): \(field.value)\r\n"
        }
        text += "Date: \(HTTPDate.text(secondsSince1970: secondsSince1970))\r\n"
        switch framing {
        case .length(let count): text += "Content-Length: \(count)\r\n"
        case .chunked: text += "Transfer-Encoding: chunked\r\n"
        case .none, .untilClose: break
        }
        text += keepAlive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n"
        return Array(text.utf8)
    }

    static func isSafe(_ field: HTTPHeaders.Field) -> Bool {
        HTTPSyntax.isToken(Array(field.name.utf8)) && field.value.utf8.allSatisfy(HTTPSyntax.isFieldValueByte)
    }

    /// True when the handler itself asks for the connection to be closed.
    static func asksToClose(_ headers: HTTPHeaders) -> Bool {
        headers.values(of: "Connection").contains { HTTPSyntax.listMembers($0).contains("close") }
    }
}
