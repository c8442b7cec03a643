import HostHTTP
import HostRuntime
import HostCore
import HostGeneration

/// `GET /health/live` and its like: the process answers.
struct LiveEndpoint: Endpoint {
    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        .json(["status": "ok"])
    }
}

/// `GET /health/ready`: 200 when a request would be served; 503 with the reason while there is no model or one is loading,
/// when the model's file was cut or rewritten so that every text would fail, and while the queue is nearly full.
struct ReadyEndpoint: Endpoint {
    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        let health = await context.service.health()
        guard health.status.current != nil else {
            let isLoading = health.status.loading != nil
            return unready(isLoading ? "loading" : "no model", retryAfter: isLoading ? 2 : nil)
        }
        if let problem = health.problem {
            let reason = ErrorMapping(context.configuration).apiError(for: problem).message
            return unready("model damaged", [("reason", .string(reason))])
        }
        if let queue = health.queue, queue.isBusy {
            return unready(
                "busy",
                [
                    ("running", .integer(queue.running)), ("waiting", .integer(queue.waiting)),
                    ("max_running", .integer(queue.maxRunning)), ("max_waiting", .integer(queue.maxWaiting)),
                ], retryAfter: 1)
        }
        return .json(["status": "ready"])
    }

    private func unready(
        _ status: String, _ facts: [(String, JSONValue)] = [], retryAfter: Int? = nil
    ) -> HTTPResponse {
        let body = JSONObject([("status", .string(status))] + facts)
        var response = HTTPResponse.json(.object(body), status: 503)
        if let retryAfter { response.headers.append("Retry-After", String(retryAfter)) }
        return response
    }
}

/// `POST /v1/internal/stop-generation`: stops every running generation.
struct StopEndpoint: Endpoint {
    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        await context.stopAll()
        return .json("OK")
    }
}

/// `POST /v1/internal/chat-prompt`: what a model would read for a chat request.
struct ChatPromptEndpoint: Endpoint {
    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        let chat = try await context.read(request) { reader in try ChatRequest(&reader, in: context) }
        let lease = try await context.lease(model: chat.model)
        let text = try await chat.conversation.prepared(on: lease, stream: chat.stream, in: context).text
        return try await WorkerPool.shared.run(chat.conversation.isLong ? .large : .small) { .json(["prompt": .string(text)]) }
    }
}
