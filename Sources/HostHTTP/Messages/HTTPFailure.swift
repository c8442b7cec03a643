/// A request that cannot be served: the status to answer with and the reason in words. The connection closes after it.
package struct HTTPFailure: Error, Equatable, Sendable {
    package var status: Int
    package var message: String

    package init(_ status: Int, _ message: String) {
        self.status = status
        self.message = message
    }

    static func badRequest(_ message: String) -> HTTPFailure { HTTPFailure(400, message) }

    /// The answer in the shape that clients of the OpenAI API show to their users.
    package var response: HTTPResponse {
        let type = status >= 500 && status != 501 && status != 505 ? "server_error" : "invalid_request_error"
        let json = #"{"error":{"message":"\#(Self.escaped(message))","type":"\#(type)","param":null,"code":null}}"#
        var headers = HTTPHeaders([("Content-Type", "application/json"), ("Connection", "close")])
        if status == 503 { headers.append("Retry-After", "1") }
        return HTTPResponse(status: status, headers: headers, body: .bytes(Array(json.utf8)))
    }

    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": result += "\\" + String(scalar)
            case _ where scalar.value < 0x20: result += " "
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
