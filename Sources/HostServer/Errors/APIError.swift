import HostCore

/// An answer that is an error, in the words of the OpenAI envelope.
struct APIError: Error, Sendable, Equatable {
    var status: Int
    var message: String
    /// The field that is wrong.
    var param: String?
    /// A stable word for programs.
    var code: String?
    /// Seconds after which another try makes sense.
    var retryAfter: Int?
    /// What a route answers, where the request's method was another.
    var allowedMethods: [String]?
    /// Whether a browser should ask for a name and a password.
    var asksForLogin = false

    init(status: Int, message: String, param: String? = nil, code: String? = nil, retryAfter: Int? = nil) {
        self.status = status
        self.message = message
        self.param = param
        self.code = code
        self.retryAfter = retryAfter
    }

    /// A field with a value that cannot be.
    static func invalid(_ param: String, _ message: String, code: String? = nil) -> APIError {
        APIError(status: 400, message: message, param: param, code: code)
    }

    /// A parameter that this host cannot honour at the value it was given.
    static func unsupported(_ param: String, neutral: String) -> APIError {
        APIError(
            status: 400, message: "\(param) is not supported by this host yet; leave it out or send \(neutral).",
            param: param, code: "unsupported_parameter")
    }

    static func wrongMethod(_ method: String, allowed: [String]) -> APIError {
        var error = APIError(
            status: 405, message: "This route answers \(allowed.joined(separator: ", ")), not \(method).",
            code: "method_not_allowed")
        error.allowedMethods = allowed
        return error
    }

    /// A body that could not be read.
    init(_ error: JSONError) {
        if error.isOutOfMemory {
            self.init(
                status: 503, message: "The body needs more memory than is free. \(error)", code: "insufficient_memory",
                retryAfter: 1)
        } else {
            self.init(status: 400, message: "The body is not valid JSON. \(error)", code: "invalid_json")
        }
    }

    /// A request that is valid and for which there is no memory now.
    static let noMemory = APIError(
        status: 503, message: "The request needs more memory than is free. Send less at once, or try again in a moment.",
        code: "insufficient_memory", retryAfter: 1)

    static let unauthorized = APIError(
        status: 401, message: "A key is needed: send the header 'Authorization: Bearer KEY'.", code: "invalid_api_key")

    static let loginNeeded = {
        var error = APIError(
            status: 401, message: "A login is needed, or a key: send the header 'Authorization: Bearer KEY'.",
            code: "invalid_api_key")
        error.asksForLogin = true
        return error
    }()

    static let forbidden = APIError(
        status: 403, message: "This needs the admin key.", code: "admin_key_required")

    /// What comes while the host finishes what runs.
    static let shuttingDown = APIError(
        status: 503, message: "The host is shutting down.", code: "shutting_down", retryAfter: 10)

    static let notFound = APIError(status: 404, message: "There is no such route.", code: "route_not_found")

    /// The envelope's word for the sort of error.
    var type: String {
        switch status {
        case 401: "authentication_error"
        case 403: "permission_error"
        case 404: "not_found_error"
        case 429: "rate_limit_error"
        case 500...: "server_error"
        default: "invalid_request_error"
        }
    }

    /// `{"error":{"message","type","param","code"}}`.
    var envelope: JSONValue {
        [
            "error": [
                "message": .string(message), "type": .string(type), "param": param.map(JSONValue.string) ?? .null,
                "code": code.map(JSONValue.string) ?? .null,
            ]
        ]
    }
}
