import HostHTTP
import HostCore
import HostGeneration

/// `POST /v1/completions`: continues a text, or scores one.
struct CompletionEndpoint: Endpoint {
    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        var completion = try await context.read(request) { reader in try CompletionRequest(&reader, in: context) }
        let lease = try await context.leaseForText(model: completion.model)
        var hooks = RequestHooks(
            completion.body, isChat: false, request: completion.request, model: lease.modelID, in: context)
        await hooks.change(&completion.request)
        var texts: [AnswerRequest] = []
        for prompt in completion.prompts { texts.append(try await answer(prompt, completion, lease, hooks, context)) }
        let head = AnswerHead(prefix: "cmpl", model: lease.modelID)
        return completion.stream.isOn
            ? try await stream(texts[0], completion, head, context)
            : try await block(texts, completion, head, context)
    }

    /// The answer to one prompt.
    private func answer(
        _ prompt: CompletionRequest.Prompt, _ completion: CompletionRequest, _ lease: EngineLease,
        _ hooks: RequestHooks, _ context: EndpointContext
    ) async throws(APIError) -> AnswerRequest {
        var answer = AnswerRequest(completion.request, on: lease, hooks: hooks, in: context)
        switch prompt {
        case .text(let written):
            let text = await hooks.input(written)
            answer.shape.echo = completion.echo ? text : nil
            answer.request.prompt = .text(text, parsesSpecialTokens: true)
        case .tokens(let tokens):
            try TokenList.check(tokens, vocabularySize: lease.loaded.info.vocabularySize, field: "prompt")
            answer.shape.echo = completion.echo ? lease.loaded.tokenizer.decode(tokens) : nil
            answer.request.prompt = .tokens(tokens)
        }
        answer.shape.suffix = completion.suffix
        answer.shape.tokensPerSecond = completion.stream.tokensPerSecond
        return answer
    }

    private func block(
        _ texts: [AnswerRequest], _ completion: CompletionRequest, _ head: AnswerHead, _ context: EndpointContext
    ) async throws -> HTTPResponse {
        let requests = texts.enumerated().flatMap { position, text in
            (0..<completion.bestOf).map { number in
                var answer = text.choice(number)
                if texts.count > 1 { answer.request.id += "/prompt-\(position)" }
                return answer
            }
        }
        let answers = try await Choices.all(requests, atOnce: context.configuration.textsAtOnce)
        let chosen = best(answers, completion)
        let choices = chosen.enumerated().map { index, answer in
            var logprobs = CompletionLogprobs(tokenizer: texts[0].lease.loaded.tokenizer, isDetailed: completion.detailsLogprobs)
            return choice(answer, index: index, completion, &logprobs)
        }
        return try await head.answer(
            "text_completion", choices: choices, of: chosen, usage: .ofOnePrompt(answers, each: completion.bestOf))
    }

    private func stream(
        _ text: AnswerRequest, _ completion: CompletionRequest, _ head: AnswerHead, _ context: EndpointContext
    ) async throws -> HTTPResponse {
        let running = try await text.start()
        return .events(in: context) { events in
            let chunks = ChunkWriter(
                head: head, kind: "text_completion", includesUsage: completion.stream.includesUsage, events: events)
            var logprobs = CompletionLogprobs(tokenizer: text.lease.loaded.tokenizer, isDetailed: completion.detailsLogprobs)
            try await running.read { delta in
                if delta.progress == nil { try await chunks.send(choice(delta, index: 0, completion, &logprobs).whole) }
                try await chunks.sendExtras(of: delta)
            }
        }
    }

    private func choice(
        _ delta: AnswerDelta, index: Int, _ completion: CompletionRequest, _ logprobs: inout CompletionLogprobs
    ) -> JSONOutline {
        .object([
            ("index", .value(.integer(index))),
            ("finish_reason", .value(delta.finish.map { .string($0.reason.dialectName) } ?? .null)),
            ("text", .value(.string(delta.content))),
            ("logprobs", completion.logprobs == nil ? .value(.null) : logprobs.outline(delta)),
        ])
    }

    /// Of each prompt's texts the likeliest for each token, as many as were asked for.
    private func best(_ answers: [AnswerDelta], _ completion: CompletionRequest) -> [AnswerDelta] {
        guard completion.bestOf > completion.count else { return answers }
        func meanLogprob(_ answer: AnswerDelta) -> Float {
            let logprobs = answer.logprobs.compactMap(\.logprob)
            return logprobs.reduce(0, +) / Float(max(1, logprobs.count))
        }
        return stride(from: 0, to: answers.count, by: completion.bestOf).flatMap { start in
            answers[start..<min(start + completion.bestOf, answers.count)]
                .sorted { meanLogprob($0) > meanLogprob($1) }.prefix(completion.count)
        }
    }
}
