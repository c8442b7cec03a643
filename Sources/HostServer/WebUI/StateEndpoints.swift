import HostCore
import HostGeneration
import HostHTTP

/// `POST /v1/internal/state/save`: `{"name", "session_id"}` keeps what a session has read under a name.
struct StateSaveEndpoint: Endpoint {
    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        try context.requireKeeping()
        let (fields, lease) = try await StateFields.read(request, needsSession: true, in: context)
        defer { withExtendedLifetime(lease) {} }
        try await lease.engine.saveState(fields.name, session: fields.session)
        return .json(["name": .string(fields.name), "session_id": .string(fields.session)])
    }
}

/// `POST /v1/internal/state/load`: `{"name", "session_id"}` has a session go on from what was kept.
struct StateLoadEndpoint: Endpoint {
    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        let (fields, lease) = try await StateFields.read(request, needsSession: true, in: context)
        defer { withExtendedLifetime(lease) {} }
        let count = try await lease.engine.loadState(fields.name, session: fields.session)
        return .json([
            "name": .string(fields.name), "session_id": .string(fields.session), "tokens": .integer(count),
        ])
    }
}

/// `POST /v1/internal/state/list`: `{"states": [{"name", "bytes", "saved_at"}]}`.
struct StateListEndpoint: Endpoint {
    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        let model = request.body.isEmpty ? nil : try await context.read(request) { reader in try reader.modelName() }
        let lease = try await context.lease(model: model)
        defer { withExtendedLifetime(lease) {} }
        let states = try await lease.engine.savedStates().map { state -> JSONValue in
            [
                "name": .string(state.name), "bytes": .integer(state.byteCount), "saved_at": .integer(state.savedAt),
            ]
        }
        return .json(["states": .array(states)])
    }
}

/// `POST /v1/internal/state/delete`: `{"name"}` removes what was kept.
struct StateDeleteEndpoint: Endpoint {
    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        try context.requireKeeping()
        let (fields, lease) = try await StateFields.read(request, needsSession: false, in: context)
        defer { withExtendedLifetime(lease) {} }
        try await lease.engine.deleteState(fields.name)
        return .json(["name": .string(fields.name), "deleted": true])
    }
}

/// What requests about states have in common.
private struct StateFields: Sendable {
    let name: String
    let session: String

    static func read(
        _ request: HTTPRequest, needsSession: Bool, in context: EndpointContext
    ) async throws -> (StateFields, EngineLease) {
        let (model, fields) = try await context.read(request) { reader in
            let model = try reader.modelName()
            guard let name = try reader.string("name") else { throw APIError.invalid("name", "name is missing.") }
            let session = try reader.string("session_id")
            if needsSession, session == nil { throw APIError.invalid("session_id", "session_id is missing.") }
            context.once.noteUnknownFields(reader.unknownNames)
            return (model, StateFields(name: name, session: session ?? ""))
        }
        return (fields, try await context.lease(model: model))
    }
}
