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

/// `GET /health/ready`: 200 when a request would be served, 503 while there is no model or one is loading.
struct ReadyEndpoint: Endpoint {
    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        let status = await context.service.status()
        if status.current != nil { return .json(["status": "ready"]) }
        var response = HTTPResponse.json(["status": status.loading == nil ? "no model" : "loading"], status: 503)
        if status.loading != nil { response.headers.append("Retry-After", "2") }
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
        let text = try await HookedChat(chat, for: lease, in: context).prompt.text
        return try await WorkerPool.shared.run(chat.isLong ? .large : .small) { .json(["prompt": .string(text)]) }
    }
}
