import HostCore
import HostGeneration
import HostHTTP

/// `GET /props`: what clients of llama.cpp's server ask before they begin: the context, the number of slots, the template.
///
/// Names a model by its id, where that server has a path. Neither this nor `/slots` loads or wakes a model.
///
/// - Source: llama.cpp, `tools/server/README.md`.
struct PropsEndpoint: Endpoint {
    var isServedWhileStopping: Bool { true }

    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        let status = await context.service.status(), configuration = context.configuration
        let id = status.current?.id ?? status.asleep ?? ""
        let special = status.current?.promptFormat?.specialTexts ?? [:]
        return .json([
            "default_generation_settings": [
                "id": 0, "id_task": -1, "n_ctx": .integer(configuration.contextLength), "speculative": false,
                "is_processing": false, "params": .object(LlamaParameters.members(configuration)), "prompt": "",
            ],
            "total_slots": .integer(configuration.maxRunning), "model_alias": .string(id), "model_path": .string(id),
            "modalities": ["vision": false, "audio": false],
            "chat_template": .string(status.current?.promptFormat?.chatTemplate ?? ""),
            "bos_token": .string(special["bos_token"] ?? ""), "eos_token": .string(special["eos_token"] ?? ""),
            "build_info": .string("modelhost \(configuration.version)"),
            "is_sleeping": .bool(status.current == nil && status.asleep != nil),
        ])
    }
}

/// `GET /slots`: the places of texts, of which as many are busy as texts run; `?fail_on_no_slot=1` answers 503 when all are.
struct SlotsEndpoint: Endpoint {
    var isServedWhileStopping: Bool { true }

    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        let running = await context.service.counters().engines.reduce(0) { $0 + $1.load.running }
        let configuration = context.configuration
        let asksForRoom = request.query.contains { $0.name == "fail_on_no_slot" && $0.value != "0" }
        if asksForRoom, running >= configuration.maxRunning {
            throw APIError(status: 503, message: "All slots are busy.", code: "no_slot", retryAfter: 1)
        }
        return .json(
            .array(
                (0..<configuration.maxRunning).map { number in
                    [
                        "id": .integer(number), "n_ctx": .integer(configuration.contextLength), "speculative": false,
                        "is_processing": .bool(number < running), "params": .object(LlamaParameters.members(configuration)),
                    ]
                }))
    }
}

/// The host's defaults in the words of llama.cpp's server.
private enum LlamaParameters {
    static func members(_ configuration: HostServerConfiguration) -> JSONObject {
        let sampling = configuration.sampling
        return JSONObject([
            ("n_predict", .integer(configuration.defaultMaxTokens)), ("max_tokens", .integer(configuration.defaultMaxTokens)),
            ("seed", sampling.seed.map { .integer(Int(clamping: $0)) } ?? -1),
            ("temperature", .number(sampling.temperature)), ("top_k", .integer(sampling.topK)), ("top_p", .number(sampling.topP)),
            ("min_p", .number(sampling.minP)), ("typical_p", .number(sampling.typicalP)),
            ("repeat_penalty", .number(sampling.repetitionPenalty)), ("presence_penalty", .number(sampling.presencePenalty)),
            ("frequency_penalty", .number(sampling.frequencyPenalty)), ("stop", []), ("stream", true),
        ])
    }
}
