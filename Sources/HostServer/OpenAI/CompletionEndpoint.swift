import HostHTTP
import HostCore
import HostGeneration

/// `POST /v1/completions`: continues a text, or scores one.
struct CompletionEndpoint: Endpoint {
    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        var completion = try await context.read(request) { reader in try CompletionRequest(&reader, in: context) }
        let lease = try await context.leaseForText(model: completion.model)
        var hooks = RequestHooks(
            completion.body, isChat: false, fields: completion.fields, model: lease.modelID, in: context)
        await hooks.change(&completion.fields)
        var texts: [Text] = []
        for prompt in completion.prompts { texts.append(try await Text(prompt, completion, lease, hooks, context)) }
        let head = AnswerHead(prefix: "cmpl", model: lease.modelID)
        return completion.stream.isOn
            ? try await stream(texts[0], completion, head, context)
            : try await block(texts, completion, head, context)
    }

    /// One prompt, ready for the engine.
    private struct Text: Sendable {
        let prompt: GenerationRequest.Prompt
        let reader: AnswerReader

        init(
            _ prompt: CompletionRequest.Prompt, _ completion: CompletionRequest, _ lease: EngineLease,
            _ hooks: RequestHooks, _ context: EndpointContext
        ) async throws(APIError) {
            let echo: String
            switch prompt {
            case .text(let written):
                let text = await hooks.input(written)
                echo = text
                self.prompt = .text(text, parsesSpecialTokens: true)
            case .tokens(let tokens):
                try TokenList.check(tokens, vocabularySize: lease.loaded.info.vocabularySize, field: "prompt")
                echo = completion.echo ? lease.loaded.tokenizer.decode(tokens) : ""
                self.prompt = .tokens(tokens)
            }
            var reader = AnswerReader(lease, hooks: hooks, in: context)
            reader.echo = completion.echo ? echo : nil
            reader.suffix = completion.suffix
            if completion.stream.isOn { reader.tokensPerSecond = completion.fields.tokensPerSecond }
            self.reader = reader
        }

        func request(_ completion: CompletionRequest, id: String, choice: Int) -> GenerationRequest {
            var request = completion.fields.request(prompt, id: id, choice: choice)
            // Without log-probabilities there is no telling which text is the best.
            request.topLogprobs = completion.logprobs ?? (completion.bestOf > completion.count ? 0 : nil)
            request.reportsProgress = completion.stream.includesProgress
            request.scoresPrompt = completion.echo && completion.logprobs != nil
            return request
        }
    }

    private func block(
        _ texts: [Text], _ completion: CompletionRequest, _ head: AnswerHead, _ context: EndpointContext
    ) async throws -> HTTPResponse {
        let requests = texts.enumerated().flatMap { position, text in
            (0..<completion.bestOf).map { number in
                var request = text.request(completion, id: context.requestID, choice: number)
                if texts.count > 1 { request.id += "/prompt-\(position)" }
                return (request, text.reader)
            }
        }
        let answers = try await Choices.all(requests)
        let chosen = best(answers, completion)
        let choices = chosen.enumerated().map { index, answer in
            var logprobs = CompletionLogprobs(tokenizer: texts[0].reader.tokenizer)
            return choice(answer, index: index, completion, &logprobs)
        }
        return try await head.answer(
            "text_completion", choices: choices, of: chosen, usage: usages(answers, perPrompt: completion.bestOf))
    }

    private func stream(
        _ text: Text, _ completion: CompletionRequest, _ head: AnswerHead, _ context: EndpointContext
    ) async throws -> HTTPResponse {
        let stream = try await text.reader.start(text.request(completion, id: context.requestID, choice: 0))
        return .events(in: context) { events in
            let chunks = ChunkWriter(
                head: head, kind: "text_completion", includesUsage: completion.stream.includesUsage, events: events)
            var logprobs = CompletionLogprobs(tokenizer: text.reader.tokenizer)
            var usage: Usage?
            try await text.reader.read(stream, progress: chunks.sendProgress(_:of:)) { fragment in
                usage = fragment.finish?.usage
                try await chunks.send(choice(fragment, index: 0, completion, &logprobs).whole)
            }
            if let usage { try await chunks.sendUsage(usage) }
        }
    }

    private func choice(
        _ fragment: Fragment, index: Int, _ completion: CompletionRequest, _ logprobs: inout CompletionLogprobs
    ) -> JSONOutline {
        .object([
            ("index", .value(.integer(index))),
            ("finish_reason", .value(fragment.finish.map { .string($0.reason.dialectName) } ?? .null)),
            ("text", .value(.string(fragment.text))),
            ("logprobs", completion.logprobs == nil ? .value(.null) : logprobs.outline(fragment)),
        ])
    }

    /// Of each prompt's texts the likeliest for each token, as many as were asked for.
    private func best(_ answers: [Fragment], _ completion: CompletionRequest) -> [Fragment] {
        guard completion.bestOf > completion.count else { return answers }
        func meanLogprob(_ answer: Fragment) -> Float {
            let logprobs = answer.logprobs.compactMap(\.logprob)
            return logprobs.reduce(0, +) / Float(max(1, logprobs.count))
        }
        return stride(from: 0, to: answers.count, by: completion.bestOf).flatMap { start in
            answers[start..<min(start + completion.bestOf, answers.count)]
                .sorted { meanLogprob($0) > meanLogprob($1) }.prefix(completion.count)
        }
    }

    /// A prompt that serves several choices counts once.
    private func usages(_ answers: [Fragment], perPrompt count: Int) -> [Usage] {
        answers.enumerated().compactMap { index, answer in
            guard var usage = answer.finish?.usage else { return nil }
            if index % count != 0 { (usage.promptTokens, usage.cachedTokens) = (0, 0) }
            return usage
        }
    }
}
