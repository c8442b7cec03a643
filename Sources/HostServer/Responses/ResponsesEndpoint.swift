import HostCore
import HostGeneration
import HostHTTP

/// `POST /v1/responses`: the assistant's next turn, in the words of OpenAI's newer API.
struct ResponsesEndpoint: Endpoint {
    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        let responses = try await context.read(request) { reader in try ResponsesRequest(&reader, in: context) }
        let earlier = try responses.previous.map { id throws(APIError) in try context.response(id).messages } ?? []
        let conversation = responses.conversation(after: earlier)
        guard !conversation.messages.isEmpty else { throw APIError.invalid("input", "input must not be empty.") }
        let lease = try await context.leaseForText(model: responses.model)
        let answer = try await conversation.prepared(on: lease, stream: responses.stream, in: context).answer
        let rendering = ResponsesRendering(
            model: lease.modelID, repeated: responses.repeated, tokenizer: lease.loaded.tokenizer)
        let running = try await answer.start()
        let store = context.responses
        store.begin(rendering.id) { running.cancel() }
        @Sendable func keep(_ answer: AnswerDelta) {
            guard responses.isStored else { return }
            store.keep(
                rendering.id, rendering.response(answer), items: responses.items,
                messages: earlier + responses.messages + [ChatMessage(answer)])
        }
        guard responses.stream.isOn else {
            defer { store.end(rendering.id) }
            let whole = try await running.whole()
            keep(whole)
            return .json(rendering.response(whole))
        }
        return .events(in: context, ending: .responses) { events in
            defer { store.end(rendering.id) }
            var rendering = rendering, whole = AnswerDelta()
            for event in rendering.opening() { try await events.send(event) }
            try await running.read { delta in
                whole.append(delta)
                // Whoever reads the last event may go on from the response at once.
                if delta.finish != nil { keep(whole) }
                for event in rendering.events(delta) { try await events.send(event) }
            }
        }
    }
}

extension StreamEnding {
    static let responses = StreamEnding { error, sent in
        ("error", [
            "type": "error", "sequence_number": .integer(sent), "code": error.code.map(JSONValue.string) ?? .null,
            "message": .string(error.message), "param": error.param.map(JSONValue.string) ?? .null,
        ])
    }
}

extension EventStream {
    /// An event that says itself what it is called.
    fileprivate func send(_ value: JSONValue) async throws(HTTPError) {
        try await send(value, named: value["type"]?.stringValue)
    }
}

extension ChatMessage {
    /// An answer as a turn of the conversation that goes on from it.
    fileprivate init(_ answer: AnswerDelta) {
        self.init(.assistant, answer.content)
        toolCalls = answer.calls.map { ToolCall(id: $0.id ?? "", name: $0.name ?? "", arguments: $0.arguments) }
    }
}

extension EndpointContext {
    /// - Throws: 404 for a response that is not stored.
    fileprivate func response(_ id: String) throws(APIError) -> ResponseStore.Entry {
        if let entry = responses.entry(id) { return entry }
        throw APIError(
            status: 404,
            message: "There is no response \"\(id.prefix(100))\": it was not stored, was deleted, or made room for newer ones.",
            param: "previous_response_id", code: "response_not_found")
    }
}

/// `GET` and `DELETE /v1/responses/{id}`, `GET …/input_items`, `POST …/cancel`.
struct StoredResponseEndpoint: Endpoint {
    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        let parts = (context.pathParameter ?? "").split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let id = parts[0]
        switch (request.method, parts.dropFirst().first, parts.count) {
        case ("GET", nil, 1), ("HEAD", nil, 1): return .json(try context.response(id).response)
        case ("DELETE", nil, 1):
            guard context.responses.remove(id) else { _ = try context.response(id); throw APIError.notFound }
            return .json(["id": .string(id), "object": "response", "deleted": true])
        case ("GET", "input_items", 2): return .json(list(try context.response(id).items, of: id))
        case ("POST", "cancel", 2):
            if context.responses.stop(id) { return .json(["id": .string(id), "object": "response", "status": "cancelled"]) }
            return .json(try context.response(id).response)
        default: throw APIError.notFound
        }
    }

    private func list(_ items: [JSONValue], of id: String) -> JSONValue {
        let data = items.enumerated().map { index, item -> JSONValue in
            var object = item.objectValue ?? JSONObject()
            if object["id"] == nil { object["id"] = .string("item_\(id.dropFirst(5))\(index)") }
            if object["type"] == nil { object["type"] = "message" }
            return .object(object)
        }
        return [
            "object": "list", "data": .array(data), "first_id": data.first?["id"] ?? .null,
            "last_id": data.last?["id"] ?? .null, "has_more": false,
        ]
    }
}
