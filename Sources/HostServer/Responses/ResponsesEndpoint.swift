import HostCore
import HostGeneration
import HostHTTP
import HostTemplates

/// `POST /v1/responses`: the assistant's next turn, in the words of OpenAI's newer API.
struct ResponsesEndpoint: Endpoint {
    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        let responses = try await context.read(request) { reader in try ResponsesRequest(&reader, in: context) }
        var earlier: [ChatMessage] = []
        if let id = responses.previous { earlier = try await context.response(id, field: "previous_response_id").messages }
        let conversation = responses.conversation(after: earlier)
        guard !conversation.turn.messages.isEmpty else { throw APIError.invalid("input", "input must not be empty.") }
        let lease = try await context.leaseForText(model: responses.model)
        let answer = try await conversation.prepared(on: lease, stream: responses.stream, in: context).answer
        let rendering = ResponsesRendering(
            model: lease.modelID, repeated: responses.repeated, tokenizer: lease.loaded.tokenizer)
        let running = try await answer.start(), store = context.responses
        let history = earlier + responses.messages
        @Sendable func keep(_ rendering: ResponsesRendering, _ answer: AnswerDelta) async {
            guard responses.isStored else { return }
            let messages = history + [ChatMessage(answer)]
            await store.keep(
                rendering.id, rendering.response(answer), items: items(responses.items, of: rendering.id), messages: messages,
                log: context.log)
        }
        guard responses.stream.isOn else {
            let whole = try await running.whole()
            await keep(rendering, whole)
            return .json(rendering.response(whole))
        }
        let memory = AnswerMemory(context.configuration.memory)
        return .events(in: context, ending: .responses) { events in
            store.begin(rendering.id) { running.cancel() }
            defer { store.end(rendering.id) }
            var rendering = rendering
            for event in rendering.opening() { try await events.send(event) }
            try await running.read { delta in
                try memory.hold(delta)
                let rendered = rendering.events(delta)
                // A client that has read the last event may go on from the response at once.
                if delta.finish != nil { await keep(rendering, rendering.whole) }
                for event in rendered { try await events.send(event) }
            }
        }
    }

    /// The items of a request, each with an id and a type.
    private func items(_ items: [JSONValue], of id: String) -> JSONValue {
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

extension StreamEnding {
    static let responses = StreamEnding { error, sent in
        (
            "error",
            [
                "type": "error", "sequence_number": .integer(sent), "code": error.code.map(JSONValue.string) ?? .null,
                "message": .string(error.message), "param": error.param.map(JSONValue.string) ?? .null,
            ]
        )
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
    fileprivate func response(_ id: String, field: String? = nil) async throws(APIError) -> ResponseStore.Entry {
        if let entry = await responses.entry(id) { return entry }
        throw APIError(
            status: 404,
            message: "There is no response \"\(id.prefix(100))\": it was not stored, was deleted, or made room for newer ones.",
            param: field, code: "response_not_found")
    }
}

/// `GET` and `DELETE /v1/responses/{id}`, `GET …/input_items`, `POST …/cancel`.
struct StoredResponseEndpoint: Endpoint {
    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        let parts = (context.pathParameter ?? "").split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let id = parts[0]
        switch (request.method, parts.dropFirst().first, parts.count) {
        case ("GET", nil, 1), ("HEAD", nil, 1): return json(try await context.response(id).response)
        case ("DELETE", nil, 1):
            _ = try await context.response(id)
            await context.responses.remove(id)
            return .json(["id": .string(id), "object": "response", "deleted": true])
        case ("GET", "input_items", 2): return json(try await context.response(id).items)
        case ("POST", "cancel", 2):
            if await context.responses.stop(id) {
                return .json(["id": .string(id), "object": "response", "status": "cancelled", "output": []])
            }
            return json(try await context.response(id).response)
        default: throw APIError.notFound
        }
    }

    private func json(_ bytes: [UInt8]) -> HTTPResponse {
        HTTPResponse(status: 200, headers: HTTPHeaders([("Content-Type", "application/json")]), body: .bytes(bytes))
    }
}
