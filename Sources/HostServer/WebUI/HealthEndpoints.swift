import HostHTTP
import HostRuntime
import HostCore
import HostGeneration
import HostTemplates

/// `GET /health/live` and its like: the process answers.
struct LiveEndpoint: Endpoint {
    var isServedWhileStopping: Bool { true }

    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        .json(["status": "ok"])
    }
}

/// `GET /health/ready`: 200 when a request would be served, with how full the queue is and what is loading; 503 with the reason while there is no model or one is loading,
/// when the model's file was cut or rewritten so that every text would fail, while the queue is nearly full, and once the host
/// has begun to shut down.
struct ReadyEndpoint: Endpoint {
    var isServedWhileStopping: Bool { true }

    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        if context.configuration.phase.now != .serving { return unready("stopping") }
        let health = await context.service.health()
        guard health.status.current != nil else {
            // A model that sleeps is loaded by the next request.
            if let name = health.status.asleep { return .json(["status": "ready", "asleep": .string(name)]) }
            guard let loading = health.status.loading else { return unready("no model") }
            return unready("loading", [("loading", loading.json)], retryAfter: 2)
        }
        if let problem = health.problem {
            let reason = ErrorMapping(context.configuration).apiError(for: problem).message
            return unready("model damaged", [("reason", .string(reason))])
        }
        var facts: [(String, JSONValue)] = []
        if let queue = health.queue {
            facts = [
                ("running", .integer(queue.running)), ("waiting", .integer(queue.waiting)),
                ("max_running", .integer(queue.maxRunning)), ("max_waiting", .integer(queue.maxWaiting)),
            ]
            if queue.isBusy { return unready("busy", facts, retryAfter: 1) }
        }
        if let loading = health.status.loading { facts.append(("loading", loading.json)) }
        return .json(.object(JSONObject([("status", "ready")] + facts)))
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
    var isServedWhileStopping: Bool { true }

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
        return try await WorkerPool.shared.run(chat.conversation.turn.isLong ? .large : .small) { .json(["prompt": .string(text)]) }
    }
}
