import HostCore
import HostHTTP

/// `GET /v1/internal/chats`: the conversations that the host keeps copies of, the newest first, each with its revision.
struct ChatListEndpoint: Endpoint {
    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        .json(["chats": .array(try await SharedChats(context.configuration).list().map(\.json))])
    }
}

/// `GET`, `PUT {"revision", "chat": {…}}` and `DELETE` of one copy; `PUT` with the revision of another state is answered 409.
struct KeptChatEndpoint: Endpoint {
    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        let chats = try SharedChats(context.configuration), id = context.pathParameter ?? ""
        switch request.method {
        case "PUT":
            try context.requireKeeping()
            let (chat, seen) = try await context.read(request) { reader in
                guard let chat = try reader.object("chat") else { throw APIError.invalid("chat", "chat is missing.") }
                return (chat, try reader.string("revision"))
            }
            let revision = try await chats.put(id, chat, revision: seen)
            return .json(["id": .string(id), "revision": .string(revision)])
        case "DELETE":
            try context.requireKeeping()
            let revision = request.body.isEmpty ? nil : try await context.read(request) { try $0.string("revision") }
            try await chats.delete(id, revision: revision)
            return .json(["id": .string(id), "deleted": true])
        default:
            guard let entry = try await chats.entry(id) else {
                throw APIError(status: 404, message: "The host keeps no conversation of that name.", code: "chat_not_found")
            }
            return .json(entry.json)
        }
    }
}

extension ChatFolder.Entry {
    fileprivate var json: JSONValue { ["id": .string(id), "revision": .string(revision), "chat": .object(chat)] }
}
