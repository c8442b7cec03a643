/// One request, complete with its body.
package struct HTTPRequest: Sendable {
    /// As sent: `GET`, `POST`.
    package var method: String
    /// The target as sent, such as `/v1/models?x=1`.
    package var target: String
    /// The path, percent-decoded once; it begins with `/` and has no `.` or `..` segments.
    package var path: String
    /// The query's pairs, percent-decoded, in order.
    package var query: [(name: String, value: String)]
    package var headers: HTTPHeaders
    package var body: HTTPBody
    /// Address of the other end, such as `127.0.0.1`.
    package var remoteAddress: String

    package init(
        method: String, target: String, path: String, query: [(name: String, value: String)] = [],
        headers: HTTPHeaders = HTTPHeaders(), body: HTTPBody = HTTPBody(), remoteAddress: String = "127.0.0.1"
    ) {
        self.method = method
        self.target = target
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.remoteAddress = remoteAddress
    }
}

/// Header fields in the order they came; names compare without regard to case.
package struct HTTPHeaders: Sendable, Equatable {
    package struct Field: Sendable, Equatable {
        package var name: String
        package var value: String
    }

    package private(set) var fields: [Field] = []

    package init() {}

    package init(_ fields: [(String, String)]) {
        for (name, value) in fields { append(name, value) }
    }

    package mutating func append(_ name: String, _ value: String) {
        fields.append(Field(name: name, value: value))
    }

    /// The first value of a name.
    package subscript(name: String) -> String? {
        let name = name.lowercased()
        return fields.first { $0.name.lowercased() == name }?.value
    }

    /// Every value of a name, in order.
    package func values(of name: String) -> [String] {
        let name = name.lowercased()
        return fields.filter { $0.name.lowercased() == name }.map(\.value)
    }
}

/// What a handler answers; the server adds `Content-Length`, `Transfer-Encoding`, `Date` and `Connection`.
package struct HTTPResponse: Sendable {
    package enum Body: Sendable {
        case bytes([UInt8])
        /// Called once after the head is sent. Returning ends the body; throwing cuts the connection, so that the other
        /// end sees the body as incomplete.
        case stream(@Sendable (any HTTPBodyWriter) async throws -> Void)
        /// Accepts the request's WebSocket handshake and hands over the connection; status and headers are the handshake's.
        /// Returning closes with code 1000, or 1001 when the server stops, throwing with 1011. A request without a sound handshake is answered 400 or 426.
        case webSocket(@Sendable (any WebSocketChannel) async throws -> Void)
    }

    package var status: Int
    package var headers: HTTPHeaders
    package var body: Body
    /// Called once, when the answer has been handed to the connection as a whole or was dropped; it must not wait.
    package var ended: (@Sendable (HTTPEnd) -> Void)?

    package init(status: Int, headers: HTTPHeaders = HTTPHeaders(), body: Body = .bytes([])) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// How an answer ended.
package struct HTTPEnd: Equatable, Sendable {
    package enum Outcome: Equatable, Sendable {
        case done
        /// The client closed the connection before it had the whole.
        case left
        /// The client was cut because it stopped reading.
        case stalled
        /// The body broke off, or what the handler gave could not be sent.
        case broken
    }

    package var outcome: Outcome
    /// What was handed to the connection, head and framing included.
    package var bytes: Int

    package init(_ outcome: Outcome, bytes: Int) {
        self.outcome = outcome
        self.bytes = bytes
    }
}

/// The way out for a streamed body.
package protocol HTTPBodyWriter: Sendable {
    /// Hands bytes to the connection; returns at once below the high-water mark and else suspends until there is room.
    ///
    /// - Throws: `HTTPError.disconnected` when the other end has gone, `.stalled` when it stopped reading for too long.
    func write(_ bytes: [UInt8]) async throws(HTTPError)
}

/// The way in and out of a WebSocket; pings, pongs and the closing handshake are answered below it.
package protocol WebSocketChannel: Sendable {
    /// The next message, or nil when the other end has closed in good order, was silent for too long, or the server stops.
    ///
    /// - Throws: `HTTPError.disconnected` when the connection broke or the other end broke the protocol.
    func receive() async throws(HTTPError) -> WebSocketMessage?

    /// Hands a text message to the connection; suspends and throws like `HTTPBodyWriter.write`.
    func send(_ text: String) async throws(HTTPError)
}

package enum WebSocketMessage: Equatable, Sendable {
    case text(String)
    case binary([UInt8])
}

/// The way in: one call per request, in a task that is cancelled when the client goes away.
package protocol HTTPHandler: Sendable {
    /// Looks at the head of a request whose body has not been read yet; an answer refuses the request, and its body is
    /// never kept.
    ///
    /// Called on the thread that serves every connection: it must not wait or compute for long. The answer's body must be
    /// bytes.
    func refusal(of head: HTTPRequest) -> HTTPResponse?

    func respond(to request: HTTPRequest) async -> HTTPResponse

    /// The answer to bytes that did not become a request, or not in time; its body must be bytes, and the connection closes
    /// after it. Called on the thread that serves every connection.
    func answer(to failure: HTTPFailure, from remoteAddress: String) -> HTTPResponse
}

extension HTTPHandler {
    package func refusal(of head: HTTPRequest) -> HTTPResponse? { nil }
    package func answer(to failure: HTTPFailure, from remoteAddress: String) -> HTTPResponse { failure.response }
}

/// Why a connection, or the listener, failed.
package enum HTTPError: Error, Equatable, Sendable {
    case disconnected
    case stalled
    /// The address could not be bound; the text names port and reason.
    case bind(String)
    /// TLS cannot be spoken; the text names the file or library.
    case tls(String)
    case system(String)
}
