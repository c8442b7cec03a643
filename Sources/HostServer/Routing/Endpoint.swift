import HostCore
import HostExtensions
import HostGeneration
package import HostHTTP

/// Answers the requests of one route.
///
/// Everything that can be wrong with a request is thrown before a response with a streamed body is returned, so that a
/// client sees a status and not a broken stream. Any error may be thrown; `ErrorMapping` gives it status and words.
package protocol Endpoint: Sendable {
    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse

    /// Whether it also answers once the host takes on no more work: what describes the host does, what makes models work does not.
    var isServedWhileStopping: Bool { get }
}

extension Endpoint {
    package var isServedWhileStopping: Bool { false }
}

/// What an endpoint works with.
package struct EndpointContext: Sendable {
    let configuration: HostServerConfiguration
    let service: any ModelService
    let log: Log
    /// In the log, in the answer's `X-Request-Id`, and in the generation request.
    let requestID: String
    /// What the route's `{name}` matched.
    let pathParameter: String?
    /// Whether the request carries the admin key, or none is needed.
    let isAdmin: Bool
    let once: LogOnce
    let replies: RunningReplies
    let responses: ResponseStore
    /// What this request makes the models do.
    let record: AnswerRecord
    /// What all requests did.
    let metrics: HostMetrics
    let templates: TemplateOverrides
    /// What the answer's head says beside the answer.
    let warnings: AnswerWarnings

    /// - Throws: 403 without the admin key.
    func requireAdmin() throws(APIError) {
        if !isAdmin { throw APIError.forbidden }
    }

    /// Stops every text that is being written, whether a model or an extension writes it, on this host and its replicas.
    func stopAll() async {
        await service.stopAll()
        replies.stopAll()
        await configuration.presence?.stopEverywhere()
    }

    /// The engine for a request; a load that is under way is answered by 503 where nothing else can serve.
    func lease(model name: String?) async throws -> EngineLease {
        try Task.checkCancellation()
        do {
            return try await service.lease(model: name)
        } catch .noModel(let available) {
            guard let loading = await service.status().loading else {
                throw ModelServiceError.noModel(available: available)
            }
            throw APIError(
                status: 503, message: "The model \(loading.id) is loading (\(Int(loading.progress.fraction * 100)) %).",
                code: "model_loading", retryAfter: 2)
        }
    }
}

extension EndpointContext {
    /// The engine for a text that an extension may write where there is no model.
    func leaseForText(model name: String?) async throws -> EngineLease {
        do {
            return try await lease(model: name)
        } catch let error as ModelServiceError {
            guard case .noModel = error, !configuration.extensions.active.isEmpty else { throw error }
            return NoModel.lease(reason: error)
        }
    }
}

extension HTTPResponse {
    /// A JSON answer.
    static func json(_ value: JSONValue, status: Int = 200, style: JSONValue.Style = .compact) -> HTTPResponse {
        HTTPResponse(
            status: status, headers: HTTPHeaders([("Content-Type", "application/json")]),
            body: .bytes(value.encodedBytes(style)))
    }
}
