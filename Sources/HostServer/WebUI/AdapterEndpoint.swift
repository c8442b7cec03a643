import HostCore
import HostHTTP

/// `/v1/internal/lora/list`, `/load` and `/unload`: adapters are merged while a model loads, so a loaded one never takes any.
enum AdapterEndpoint: Endpoint {
    case list, load, unload

    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        switch self {
        case .list: return .json(["lora_names": []])
        case .unload: return .json("OK")
        case .load:
            let names = try await context.read(request) { reader in
                let names = try reader.array("lora_names") ?? []
                context.once.noteUnknownFields(reader.unknownNames)
                return names
            }
            if names.isEmpty { return .json("OK") }
            throw APIError.invalid(
                "lora_names",
                "This host merges adapters while a model loads. Load the model again with args {\"adapter\": "
                    + "\"FILE\"} or, for a state-tuned file, {\"state\": \"FILE\"}.", code: "unsupported_parameter")
        }
    }
}

/// `GET /v1/billing/usage`: what a text costs here, which clients of other hosts ask.
struct UsageEndpoint: Endpoint {
    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse { .json(["total_usage": 0]) }
}

/// `POST /v1/moderations`: nothing here can judge a text, and saying that every text is harmless would be a judgement.
struct ModerationEndpoint: Endpoint {
    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        throw APIError(
            status: 501,
            message: "This host has no model that moderates texts. Switch moderation off in the client, or send "
                + "these requests to a host that has one.", code: "unsupported_route")
    }
}
