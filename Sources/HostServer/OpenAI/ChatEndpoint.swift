import HostHTTP
import HostCore
import HostGeneration

/// `POST /v1/chat/completions`: the assistant's next turn of a conversation.
struct ChatEndpoint: Endpoint {
    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        let chat = try await context.read(request) { reader in try ChatRequest(&reader, in: context) }
        let lease = try await context.leaseForText(model: chat.model)
        let answer = try await chat.conversation.prepared(on: lease, stream: chat.stream, in: context).answer
        let rendering = ChatRendering(
            tokenizer: lease.loaded.tokenizer, showsLogprobs: answer.request.topLogprobs != nil,
            callsAreFunctions: chat.callsAreFunctions)
        let head = AnswerHead(prefix: "chatcmpl", model: lease.modelID)
        guard chat.stream.isOn else {
            let answers = try await Choices.all(
                (0..<chat.count).map(answer.choice), atOnce: context.configuration.textsAtOnce)
            return try await head.answer(
                "chat.completion", choices: rendering.choices(answers), of: answers, usage: .ofOnePrompt(answers))
        }
        let running = try await answer.start()
        return .events(in: context) { events in
            let chunks = ChunkWriter(
                head: head, kind: "chat.completion.chunk", includesUsage: chat.stream.includesUsage, events: events)
            try await chunks.send(rendering.opening)
            try await running.read { delta in
                for chunk in rendering.chunks(delta) { try await chunks.send(chunk) }
                try await chunks.sendExtras(of: delta)
            }
        }
    }
}

/// Deltas in the words of `/v1/chat/completions`.
struct ChatRendering: Sendable {
    let tokenizer: any Tokenizer
    let showsLogprobs: Bool
    /// Whether calls are reported in the older form, as `function_call`.
    let callsAreFunctions: Bool

    /// The whole answers.
    func choices(_ answers: [AnswerDelta]) -> [JSONOutline] {
        answers.enumerated().map { index, answer in
            let content: JSONValue = answer.content.isEmpty && !answer.calls.isEmpty ? .null : .string(answer.content)
            var message = JSONObject([("role", "assistant"), ("refusal", nil), ("content", content)])
            if let (name, value) = calls(answer.calls, isWhole: true) { message[name] = value }
            if !answer.reasoning.isEmpty { message["reasoning_content"] = .string(answer.reasoning) }
            return .object([
                ("index", .value(.integer(index))), ("finish_reason", .value(reason(answer))),
                ("message", .value(.object(message))),
                ("logprobs", showsLogprobs ? logprobs(answer) : .value(.null)),
            ])
        }
    }

    /// Before anything has been read.
    var opening: JSONValue { chunk(AnswerDelta(), ["role": "assistant", "refusal": nil, "content": ""]) }

    /// What a delta adds to a stream; its finish comes by itself.
    func chunks(_ delta: AnswerDelta) -> [JSONValue] {
        var chunks: [JSONValue] = []
        if !delta.isSilent {
            var members = JSONObject(), text = delta
            if !delta.reasoning.isEmpty { members["reasoning_content"] = .string(delta.reasoning) }
            if let (name, value) = calls(delta.calls, isWhole: false) { members[name] = value }
            if !delta.content.isEmpty || members.isEmpty { members["content"] = .string(delta.content) }
            text.finish = nil
            chunks.append(chunk(text, .object(members)))
        }
        if let finish = delta.finish {
            chunks.append(chunk(AnswerDelta(finish: finish, endsInCalls: delta.endsInCalls), [:]))
        }
        return chunks
    }

    /// `tool_calls`, or the older `function_call`.
    private func calls(_ calls: [ToolCallDelta], isWhole: Bool) -> (String, JSONValue)? {
        guard let first = calls.first else { return nil }
        func function(_ call: ToolCallDelta) -> JSONValue {
            .object(
                JSONObject(
                    (call.name.map { [("name", .string($0))] } ?? []) + [("arguments", .string(call.arguments))]))
        }
        if callsAreFunctions { return ("function_call", function(first)) }
        return (
            "tool_calls",
            .array(
                calls.map { call in
                    var object = JSONObject(isWhole ? [] : [("index", .integer(call.index))])
                    if let id = call.id { (object["id"], object["type"]) = (.string(id), "function") }
                    object["function"] = function(call)
                    return .object(object)
                })
        )
    }

    private func chunk(_ delta: AnswerDelta, _ members: JSONValue) -> JSONValue {
        [
            "index": 0, "finish_reason": reason(delta), "delta": members,
            "logprobs": delta.logprobs.isEmpty || !showsLogprobs ? .null : logprobs(delta).whole,
        ]
    }

    private func reason(_ delta: AnswerDelta) -> JSONValue {
        guard let finish = delta.finish else { return .null }
        if !delta.endsInCalls || finish.reason != .stop { return .string(finish.reason.dialectName) }
        return callsAreFunctions ? "function_call" : "tool_calls"
    }

    private func logprobs(_ delta: AnswerDelta) -> JSONOutline {
        let tokenizer = tokenizer
        let content = JSONOutline.elements(delta.logprobs.count) { index in
            delta.logprobs[index].chatValue(tokenizer)
        }
        return .object([("content", content), ("refusal", .value(.null))])
    }
}

extension TokenLogprobs {
    /// `token`, `logprob`, `bytes` and `top_logprobs`, as in chats and responses, and each token's number.
    func chatValue(_ tokenizer: any Tokenizer) -> JSONValue {
        var object = Self.members(token, logprob, tokenizer)
        object["top_logprobs"] = .array(alternatives.map { .object(Self.members($0.token, $0.logprob, tokenizer)) })
        return .object(object)
    }

    private static func members(_ token: TokenID, _ logprob: Float?, _ tokenizer: any Tokenizer) -> JSONObject {
        JSONObject([
            ("token", .string(tokenizer.shownText(of: token))), ("logprob", logprob.map(JSONValue.float32) ?? .null),
            ("bytes", .array(tokenizer.bytes(of: token).map { .integer(Int($0)) })), ("token_id", .integer(token)),
        ])
    }
}
