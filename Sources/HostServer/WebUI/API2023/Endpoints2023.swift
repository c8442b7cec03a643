import HostHTTP
import HostCore
import HostGeneration

/// `POST /api/v1/generate`: `{"results": [{"text": "…"}]}` with the new text only.
struct GenerateEndpoint2023: Endpoint {
    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        let answer = try await GenerateEndpoint2023.start(request.body, in: context).whole()
        return .json(["results": [["text": .string(answer.content)]]], style: .python)
    }

    /// Reads a body and begins its generation; the HTTP route and the WebSocket share it.
    static func start(_ body: HTTPBody, streams: Bool = false, in context: EndpointContext) async throws -> RunningAnswer {
        var body = try await context.read(body, coercion: .python) { reader in
            try GenerateRequest2023(&reader, in: context)
        }
        let lease = try await context.leaseForText(model: nil)
        var hooks = RequestHooks(body.original, isChat: false, request: body.request, model: lease.modelID, in: context)
        await hooks.change(&body.request)
        body.request.prompt = .text(await hooks.input(body.prompt), parsesSpecialTokens: true)
        var answer = AnswerRequest(body.request, on: lease, hooks: hooks, in: context)
        if streams { answer.shape.tokensPerSecond = body.tokensPerSecond }
        return try await answer.start()
    }
}

/// `POST /api/v1/token-count`: `{"results": [{"tokens": 3}]}`.
struct TokenCountEndpoint2023: Endpoint {
    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        let prompt = try await context.read(request) { reader in
            guard let prompt = try reader.string("prompt") else { throw APIError.invalid("prompt", "prompt is missing.") }
            return prompt
        }
        let lease = try await context.lease(model: nil)
        let own = await RequestHooks.tokenizedLength(prompt, in: context)
        let count = if let own { own } else { try await lease.tokens(of: prompt, parsesSpecialTokens: true).count }
        return .json(["results": [["tokens": .integer(count)]]], style: .python)
    }
}

/// `POST /api/v1/stop-stream`: stops what is running.
struct StopEndpoint2023: Endpoint {
    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        await context.stopAll()
        return .json(["results": "success"], style: .python)
    }
}

/// `GET /api/v1/model`: `{"result": "NAME"}`, `"None"` when nothing is loaded.
struct ModelNameEndpoint2023: Endpoint {
    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        let name = await context.service.status().current?.id
        return .json(["result": .string(name ?? "None")], style: .python)
    }
}

/// `POST /api/v1/model`: lists, describes, loads or unloads, by the field `action`; anything else returns the name.
struct ModelActionEndpoint2023: Endpoint {
    private enum Action: Sendable {
        case list, load(String, LoadOptions?), unload, info, name
    }

    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        switch try await context.read(request, { reader in try action(&reader, in: context) }) {
        case .list:
            let listings = await context.service.listings().filter(\.isUsable)
            return .json(["result": .array(listings.map { .string($0.id) })], style: .python)
        case .load(let name, let options): try await context.service.load(model: name, options: options)
        case .unload: await context.service.unload()
        case .info: break
        case .name: return try await ModelNameEndpoint2023().respond(to: request, in: context)
        }
        return await info(context)
    }

    private func action(_ reader: inout FieldReader, in context: EndpointContext) throws(APIError) -> Action {
        switch try reader.string("action") {
        case "list": return .list
        case "load":
            try context.requireAdmin()
            guard let name = try reader.string("model_name") else {
                throw APIError.invalid("model_name", "model_name is missing.")
            }
            try ModelName.check(name, field: "model_name")
            let options = try reader.object("args").map { object throws(APIError) in
                try LoadArguments.options(object, in: context.configuration)
            }
            return .load(name, options)
        case "unload":
            try context.requireAdmin()
            return .unload
        case "info": return .info
        default: return .name
        }
    }

    /// The original also showed all settings and command line arguments; those stay with the host.
    private func info(_ context: EndpointContext) async -> HTTPResponse {
        let name = await context.service.status().current?.id
        return .json(
            [
                "result": [
                    "model_name": name.map(JSONValue.string) ?? .null, "lora_names": [], "shared.settings": [:],
                    "shared.args": [:],
                ]
            ], style: .python)
    }
}
