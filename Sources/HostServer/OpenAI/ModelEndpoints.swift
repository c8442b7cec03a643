import HostHTTP
import HostCore
import HostGeneration

/// `GET /v1/models`: every model that can serve, the loaded ones first.
struct ModelListEndpoint: Endpoint {
    var isServedWhileStopping: Bool { true }

    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        // What cannot be loaded would only be an error to choose.
        let listings = await context.service.listings().filter(\.isUsable)
        let limit = context.configuration.contextLength
        return .json(["object": "list", "data": .array(listings.map { $0.openAIObject(contextLength: limit) })])
    }
}

/// `GET /v1/models/{id}`, where an id may contain slashes.
struct ModelEndpoint: Endpoint {
    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        let name = context.pathParameter ?? ""
        try ModelName.check(name, field: "model")
        let listings = await context.service.listings()
        guard let listing = listings.first(where: { ModelName.matches($0.id, name) }) else {
            throw ModelServiceError.unknownModel(name, available: listings.map(\.id))
        }
        return .json(listing.openAIObject(contextLength: context.configuration.contextLength))
    }
}

extension ModelListing {
    fileprivate func openAIObject(contextLength: Int) -> JSONValue {
        .object(
            JSONObject(
                [
                    ("id", .string(id)), ("object", "model"), ("created", 0), ("owned_by", "user"), ("state", .string(state.rawValue)),
                ] + ContextLength.members(contextLength, of: self)))
    }
}
