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
            tokenizer: lease.loaded.tokenizer, showsLogprobs: answer.request.topLogprobs != nil)
        let head = AnswerHead(prefix: "chatcmpl", model: lease.modelID)
        guard chat.stream.isOn else {
            let answers = try await Choices.all((0..<chat.count).map(answer.choice))
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

    /// The whole answers.
    func choices(_ answers: [AnswerDelta]) -> [JSONOutline] {
        answers.enumerated().map { index, answer in
            var message = JSONObject([("role", "assistant"), ("refusal", nil), ("content", .string(answer.content))])
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
        if delta.hasText || !delta.logprobs.isEmpty {
            var members = JSONObject(), text = delta
            if !delta.reasoning.isEmpty { members["reasoning_content"] = .string(delta.reasoning) }
            if !delta.content.isEmpty || delta.reasoning.isEmpty { members["content"] = .string(delta.content) }
            text.finish = nil
            chunks.append(chunk(text, .object(members)))
        }
        if delta.finish != nil { chunks.append(chunk(AnswerDelta(finish: delta.finish), [:])) }
        return chunks
    }

    private func chunk(_ delta: AnswerDelta, _ members: JSONValue) -> JSONValue {
        [
            "index": 0, "finish_reason": reason(delta), "delta": members,
            "logprobs": delta.logprobs.isEmpty || !showsLogprobs ? .null : logprobs(delta).whole,
        ]
    }

    private func reason(_ delta: AnswerDelta) -> JSONValue {
        delta.finish.map { .string($0.reason.dialectName) } ?? .null
    }

    private func logprobs(_ delta: AnswerDelta) -> JSONOutline {
        let tokenizer = tokenizer
        @Sendable func entry(_ token: TokenID, _ logprob: Float?) -> JSONObject {
            JSONObject([
                ("token", .string(tokenizer.shownText(of: token))),
                ("logprob", logprob.map(JSONValue.float32) ?? .null),
                ("bytes", .array(tokenizer.bytes(of: token).map { .integer(Int($0)) })),
            ])
        }
        let content = JSONOutline.elements(delta.logprobs.count) { index in
            let logprobs = delta.logprobs[index]
            var object = entry(logprobs.token, logprobs.logprob)
            object["top_logprobs"] = .array(
                logprobs.alternatives.map { .object(entry($0.token, $0.logprob)) })
            return .object(object)
        }
        return .object([("content", content), ("refusal", .value(.null))])
    }
}
