/// A route of an extension, below `/extensions/NAME/`; it needs the API key where the host has one.
public struct ExtensionEndpoint: Sendable {
    /// Answers one request; called for many at the same time.
    public typealias Handler = @Sendable (ExtensionRequest) async throws -> ExtensionResponse

    /// In capitals, such as `GET`.
    public let method: String
    /// The part of the path after `/extensions/NAME/`, such as `status`; compared as it is.
    public let path: String
    /// What answers.
    public let handler: Handler

    /// - Parameters:
    ///   - method: in capitals.
    ///   - path: what follows `/extensions/NAME/`.
    ///   - handler: an error that it throws is answered by 500 with the error's text and leaves the extension on.
    public init(_ method: String, _ path: String, handler: @escaping Handler) {
        self.method = method
        self.path = path
        self.handler = handler
    }
}

/// What an extension's route is asked.
public struct ExtensionRequest: Sendable {
    /// The request's method, in capitals.
    public let method: String
    /// The part of the path after `/extensions/NAME/`.
    public let path: String
    /// What follows the question mark, decoded; of a name that comes twice the last.
    public let query: [String: String]
    /// The request's body; empty where there is none.
    public let body: [UInt8]

    public init(method: String, path: String, query: [String: String], body: [UInt8]) {
        self.method = method
        self.path = path
        self.query = query
        self.body = body
    }

    /// The body as JSON.
    ///
    /// - Throws: `JSONError` naming the place where it is not valid JSON.
    public func json() throws -> JSONValue { try JSONValue(parsing: body) }
}

/// What an extension's route answers.
public struct ExtensionResponse: Sendable {
    /// The HTTP status.
    public var status: Int
    /// The value of the header `Content-Type`.
    public var contentType: String
    /// The answer's body.
    public var body: [UInt8]

    public init(status: Int = 200, contentType: String, body: [UInt8]) {
        self.status = status
        self.contentType = contentType
        self.body = body
    }

    /// An answer in JSON.
    public static func json(_ value: JSONValue, status: Int = 200) -> ExtensionResponse {
        ExtensionResponse(status: status, contentType: "application/json", body: Array(value.encoded().utf8))
    }

    /// An answer in plain UTF-8 text.
    public static func text(_ text: String, status: Int = 200) -> ExtensionResponse {
        ExtensionResponse(status: status, contentType: "text/plain; charset=utf-8", body: Array(text.utf8))
    }
}
