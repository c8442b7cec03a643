import HostHTTP
import HostCore
import HostGeneration

/// `POST /v1/chat/completions`: the assistant's next turn of a conversation.
struct ChatEndpoint: Endpoint {
    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        let chat = try await context.read(request) { reader in try ChatRequest(&reader, in: context) }
        let lease = try await context.leaseForText(model: chat.model)
        let turn = try await Turn(chat, lease, context)
        let head = AnswerHead(prefix: "chatcmpl", model: lease.modelID)
        return chat.stream.isOn
            ? try await stream(turn, head, context)
            : try await block(turn, head, context)
    }

    /// One request, ready for the engine.
    private struct Turn: Sendable {
        let chat: ChatRequest
        let prompt: ChatPrompt
        let reader: AnswerReader
        let splitter: ThoughtSplitter

        init(_ chat: ChatRequest, _ lease: EngineLease, _ context: EndpointContext) async throws {
            let hooked = try await HookedChat(chat, for: lease, in: context)
            self.chat = hooked.chat
            prompt = hooked.prompt
            var reader = AnswerReader(lease, hooks: hooked.hooks, in: context)
            reader.stripsLeadingSpace = !chat.continuesLast
            reader.cutsTagEnd = prompt.opening.cutsTagEnd
            if !prompt.opening.shown.isEmpty { reader.echo = prompt.opening.shown }
            if chat.stream.isOn { reader.tokensPerSecond = chat.fields.tokensPerSecond }
            self.reader = reader
            splitter = prompt.splitter(for: self.chat)
        }

        func request(id: String, choice: Int) -> GenerationRequest {
            var request = chat.fields.request(prompt.prompt, id: id, choice: choice)
            request.stopStrings += prompt.stopStrings
            request.topLogprobs = chat.topLogprobs
            request.messageEnds = prompt.messageEnds
            request.reportsProgress = chat.stream.includesProgress
            return request
        }
    }

    private func block(
        _ turn: Turn, _ head: AnswerHead, _ context: EndpointContext
    ) async throws -> HTTPResponse {
        let requests = (0..<turn.chat.count).map { number in
            (turn.request(id: context.requestID, choice: number), turn.reader)
        }
        let answers = try await Choices.all(requests)
        let choices = answers.enumerated().map { index, answer -> JSONOutline in
            .object([
                ("index", .value(.integer(index))), ("finish_reason", .value(reason(answer))),
                ("message", .value(message(answer, turn))), ("logprobs", logprobs(answer, turn)),
            ])
        }
        let usage = answers.enumerated().compactMap { index, answer -> Usage? in
            guard var usage = answer.finish?.usage else { return nil }
            if index > 0 { (usage.promptTokens, usage.cachedTokens) = (0, 0) }
            return usage
        }
        return try await head.answer("chat.completion", choices: choices, of: answers, usage: usage)
    }

    private func message(_ answer: Fragment, _ turn: Turn) -> JSONValue {
        var splitter = turn.splitter
        let parts = splitter.append(answer.text), rest = splitter.flush()
        let thought = parts.thought + rest.thought
        var message = JSONObject([
            ("role", "assistant"), ("refusal", nil), ("content", .string(parts.answer + rest.answer)),
        ])
        if !thought.isEmpty { message["reasoning_content"] = .string(thought) }
        return .object(message)
    }

    private func stream(
        _ turn: Turn, _ head: AnswerHead, _ context: EndpointContext
    ) async throws -> HTTPResponse {
        let stream = try await turn.reader.start(turn.request(id: context.requestID, choice: 0))
        return .events(in: context) { events in
            let chunks = ChunkWriter(
                head: head, kind: "chat.completion.chunk", includesUsage: turn.chat.stream.includesUsage, events: events)
            try await chunks.send(chunk(Fragment(), delta: ["role": "assistant", "refusal": nil, "content": ""], turn))
            var usage: Usage?
            var splitter = turn.splitter
            try await turn.reader.read(stream, progress: chunks.sendProgress(_:of:)) { fragment in
                var (thought, answer) = splitter.append(fragment.text)
                if fragment.finish != nil {
                    let rest = splitter.flush()
                    thought += rest.thought
                    answer += rest.answer
                }
                if !thought.isEmpty || !answer.isEmpty || !fragment.logprobs.isEmpty {
                    var delta = JSONObject()
                    if !thought.isEmpty { delta["reasoning_content"] = .string(thought) }
                    if !answer.isEmpty || thought.isEmpty { delta["content"] = .string(answer) }
                    var content = fragment
                    content.finish = nil
                    try await chunks.send(chunk(content, delta: .object(delta), turn))
                }
                if let finish = fragment.finish {
                    usage = finish.usage
                    try await chunks.send(chunk(Fragment(finish: finish), delta: [:], turn))
                }
            }
            if let usage { try await chunks.sendUsage(usage) }
        }
    }

    private func chunk(_ fragment: Fragment, delta: JSONValue, _ turn: Turn) -> JSONValue {
        [
            "index": 0, "finish_reason": reason(fragment), "delta": delta,
            "logprobs": fragment.logprobs.isEmpty ? .null : logprobs(fragment, turn).whole,
        ]
    }

    private func reason(_ fragment: Fragment) -> JSONValue {
        fragment.finish.map { .string($0.reason.dialectName) } ?? .null
    }

    private func logprobs(_ fragment: Fragment, _ turn: Turn) -> JSONOutline {
        guard turn.chat.topLogprobs != nil else { return .value(.null) }
        let tokenizer = turn.reader.tokenizer
        @Sendable func entry(_ token: TokenID, _ logprob: Float?) -> JSONObject {
            JSONObject([
                ("token", .string(tokenizer.shownText(of: token))),
                ("logprob", logprob.map(JSONValue.float32) ?? .null),
                ("bytes", .array(tokenizer.bytes(of: token).map { .integer(Int($0)) })),
            ])
        }
        let content = JSONOutline.elements(fragment.logprobs.count) { index in
            let logprobs = fragment.logprobs[index]
            var object = entry(logprobs.token, logprobs.logprob)
            object["top_logprobs"] = .array(
                logprobs.alternatives.map { .object(entry($0.token, $0.logprob)) })
            return .object(object)
        }
        return .object([("content", content), ("refusal", .value(.null))])
    }
}
