import HostCore

extension APIError {
    /// `{"type": "error", "error": {"type", "message"}}`.
    ///
    /// - Source: Anthropic's API reference, "Errors".
    var anthropicEnvelope: JSONValue {
        // Clients compact a conversation when they read these words.
        let text =
            code == "context_length_exceeded"
            ? "prompt is too long: \(message)" : param.map { message.contains($0) ? message : "\($0): \(message)" } ?? message
        return ["type": "error", "error": ["type": .string(anthropicType), "message": .string(text)]]
    }

    private var anthropicType: String {
        switch status {
        case 401: "authentication_error"
        case 403: "permission_error"
        case 404: "not_found_error"
        case 413: "request_too_large"
        case 429: "rate_limit_error"
        case 503: "overloaded_error"
        case 500...: "api_error"
        default: "invalid_request_error"
        }
    }
}

extension StreamEnding {
    static let anthropic = StreamEnding { error, _ in ("error", error.anthropicEnvelope) }
}
