import HostCore
import HostGeneration
import HostHTTP
import HostHub

/// How errors are written.
package enum ErrorStyle: Sendable {
    /// The OpenAI envelope.
    case envelope
    /// The API of 2023 knew one error object, that of a failed load: `{"error": {"message": "…"}}`. It answered other
    /// errors with 200 and an empty body; this host sends the object and a true status for all of them.
    case legacy
    /// Anthropic's: `{"type": "error", "error": {"type", "message"}}`.
    case anthropic
}

/// The one place where errors of every kind become a status and words.
struct ErrorMapping: Sendable {
    private static let longestParameter = 256
    private let text: PublicText

    init(_ configuration: HostServerConfiguration) { text = configuration.publicText }

    /// What a client sees of an error.
    func apiError(for error: any Error) -> APIError {
        var answer =
            switch error {
            case let error as APIError: error
            case let error as JSONError: APIError(error)
            case let error as GenerationError: map(error)
            case let error as ModelServiceError: map(error)
            case let error as LoadError: map(error)
            case let error as HubError: map(error)
            case is CancellationError: APIError(status: 503, message: "The request was cancelled.", code: "cancelled")
            default:
                APIError(
                    status: 500, message: "Something went wrong in the host; its log says more.", code: "internal_error")
            }
        // Words of an endpoint's own hold no paths but those that the client sent.
        answer.message = error is APIError ? answer.message.shortened(to: PublicText.maximumBytes) : text(answer.message)
        answer.param = answer.param?.shortened(to: Self.longestParameter)
        return answer
    }

    /// The whole answer.
    func response(for error: any Error, style: ErrorStyle) -> HTTPResponse {
        let answer = apiError(for: error)
        var response =
            switch style {
            case .envelope: HTTPResponse.json(answer.envelope, status: answer.status)
            case .anthropic: HTTPResponse.json(answer.anthropicEnvelope, status: answer.status)
            case .legacy:
                HTTPResponse.json(
                    ["error": ["message": .string(answer.message)]], status: answer.status, style: .python)
            }
        if let seconds = answer.retryAfter { response.headers.append("Retry-After", String(seconds)) }
        if let methods = answer.allowedMethods { response.headers.append("Allow", methods.joined(separator: ", ")) }
        if answer.status == 401 {
            let scheme = answer.asksForLogin ? #"Basic realm="ModelHost", charset="UTF-8""# : "Bearer"
            response.headers.append("WWW-Authenticate", scheme)
        }
        return response
    }

    private func map(_ error: GenerationError) -> APIError {
        let message = error.description
        switch error.kind {
        case .invalidParameter, .invalidToken:
            return APIError(
                status: 400, message: message, param: error.subject.isEmpty ? nil : error.subject,
                code: error.kind == .invalidToken ? "invalid_token" : "invalid_value")
        case .promptTooLong:
            return APIError(status: 400, message: message, param: "prompt", code: "context_length_exceeded")
        case .sessionNotFound:
            return APIError(status: 404, message: message, param: "session_id", code: "session_not_found")
        case .stateNotFound: return APIError(status: 404, message: message, param: "name", code: "state_not_found")
        case .overloaded: return APIError(status: 429, message: message, code: "overloaded", retryAfter: 1)
        case .unloaded: return APIError(status: 503, message: message, code: "model_unloaded", retryAfter: 2)
        case .nonFinite: return APIError(status: 500, message: message, code: "non_finite_logits")
        case .stateMismatch:
            return APIError(status: 400, message: message, param: "name", code: "state_mismatch")
        case .device: return APIError(status: 500, message: message, code: "engine_error")
        }
    }

    private func map(_ error: ModelServiceError) -> APIError {
        switch error {
        case .unknownModel(let name, let available):
            APIError(
                status: 404, message: "There is no model \"\(shortened(name))\". \(choice(of: available))",
                param: "model", code: "model_not_found")
        case .noModel(let available):
            APIError(
                status: 400, message: "No model is loaded. \(choice(of: available))", param: "model", code: "no_model")
        case .load(let error): map(error)
        case .tooManyLoads(let waiting):
            APIError(
                status: 429, message: "\(waiting) loads of models are waiting already. Try again later.",
                code: "too_many_loads", retryAfter: 2)
        case .abandoned: APIError(status: 503, message: "The request was cancelled while it waited.", code: "cancelled")
        case .shuttingDown: .shuttingDown
        }
    }

    private func map(_ error: LoadError) -> APIError {
        switch error.kind {
        case .notFound: APIError(status: 404, message: error.description, param: "model", code: "model_not_found")
        case .cancelled: APIError(status: 503, message: error.description, code: "load_cancelled", retryAfter: 2)
        case .unreadable: APIError(status: 500, message: error.description, code: "model_unreadable")
        default: APIError(status: 400, message: error.description, param: "model", code: "load_\(code(of: error.kind))")
        }
    }

    /// What is wrong with an order; the pull's own status has everything else.
    private func map(_ error: HubError) -> APIError {
        switch error.kind {
        case .busy: APIError(status: 429, message: error.description, code: error.code, retryAfter: 5)
        case .notFound: APIError(status: 404, message: error.description, param: "repo", code: error.code)
        default: APIError(status: 400, message: error.description, param: "repo", code: error.code)
        }
    }

    private func code(of kind: LoadError.Kind) -> String {
        kind.rawValue.reduce(into: "") { $0 += $1.isUppercase ? "_" + $1.lowercased() : String($1) }
    }

    private func choice(of available: [String]) -> String {
        if available.isEmpty { return "Put weights into the model folder." }
        let shown = available.prefix(10).joined(separator: ", ")
        return "Load one of: \(shown)\(available.count > 10 ? ", …" : "")."
    }

    private func shortened(_ name: String) -> String { name.count > 100 ? name.prefix(100) + "…" : name }
}
