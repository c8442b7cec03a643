import HostHTTP
import HostCore
import HostGeneration

/// `GET /v1/internal/model/info`: the current model, what it is, and how far a load has come.
struct ModelInfoEndpoint: Endpoint {
    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        let status = await context.service.status()
        return .json([
            "model_name": .string(status.current?.id ?? status.asleep ?? "None"), "lora_names": [],
            "loader": status.current.map { .string($0.loader) } ?? .null,
            "details": status.current.map { details($0.info) } ?? .null,
            "loading": status.loading.map(\.json) ?? .null, "asleep": .bool(status.current == nil && status.asleep != nil),
            "context_length": .integer(context.configuration.contextLength),
        ])
    }

    private func details(_ info: ModelInfo) -> JSONValue {
        [
            "architecture": .string(info.architecture), "generation": .string(info.generation),
            "layers": .integer(info.layerCount), "hidden_size": .integer(info.hiddenSize),
            "vocabulary_size": .integer(info.vocabularySize), "plan": .string(info.plan),
            "weight_bytes": .object(
                JSONObject(info.weightBytes.sorted { $0.key < $1.key }.map { ($0.key, .integer($0.value)) })),
            "state_bytes": .integer(info.stateBytes),
        ]
    }
}

/// `GET /v1/internal/model/list`: every entry of the model folder, those that cannot be loaded with the reasons.
struct ModelFolderEndpoint: Endpoint {
    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        let listings = await context.service.listings()
        let text = context.configuration.publicText
        return .json([
            "model_names": .array(listings.filter(\.isUsable).map { .string($0.id) }),
            "models": .array(listings.map { describe($0, text) }),
        ])
    }

    private func describe(_ listing: ModelListing, _ text: PublicText) -> JSONValue {
        [
            "id": .string(listing.id), "state": .string(listing.state.rawValue), "kind": kind(of: listing),
            "loader": listing.loader.map(JSONValue.string) ?? .null,
            "architecture": listing.summary.map { .string($0.architecture) } ?? .null,
            "weight_bytes": listing.summary.map { .integer($0.weightBytes) } ?? .null,
            "refusals": .array(listing.refusals.map { .string(text($0)) }),
        ]
    }

    /// `model`, or what the file is instead; null where no loader knows it.
    private func kind(of listing: ModelListing) -> JSONValue {
        if listing.loader != nil { return "model" }
        return listing.companion.map { .string($0.rawValue) } ?? .null
    }
}

/// `POST /v1/internal/model/load`: makes a model the current one; the answer comes when it is ready.
struct LoadEndpoint: Endpoint {
    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        let (name, options, template) = try await context.read(request) { reader in
            guard let name = try reader.string("model_name") else {
                throw APIError.invalid("model_name", "model_name is missing.")
            }
            try ModelName.check(name, field: "model_name")
            let arguments = try reader.object("args")
            let template = try TemplateFields.ofLoad(&reader, in: context)
            let options = try arguments.map { object throws(APIError) in
                try LoadArguments.options(object, in: context.configuration)
            }
            context.once.noteUnknownFields(reader.unknownNames)
            return (name, options, template)
        }
        let model = try await context.service.load(model: name, options: options)
        context.templates.set(template, for: model)
        return .json("OK")
    }
}

/// `POST /v1/internal/model/cancel`: gives up the loads of a model, or all of them; `{"cancelled": [names]}`.
struct CancelLoadEndpoint: Endpoint {
    var isServedWhileStopping: Bool { true }

    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        let name = try await context.modelNameInBody(request)
        return .json(["cancelled": .array(try await context.service.cancelLoads(model: name).map(JSONValue.string))])
    }
}

/// `POST /v1/internal/model/unload`: lets the current model go, or the one that is named.
struct UnloadEndpoint: Endpoint {
    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        try await context.service.unload(model: try await context.modelNameInBody(request))
        return .json("OK")
    }
}

extension EndpointContext {
    /// The `model_name` of a body that may be empty.
    fileprivate func modelNameInBody(_ request: HTTPRequest) async throws -> String? {
        guard !request.body.isEmpty else { return nil }
        return try await read(request) { reader in
            let name = try reader.string("model_name")
            if let name { try ModelName.check(name, field: "model_name") }
            once.noteUnknownFields(reader.unknownNames)
            return name
        }
    }
}
