import HostCore
import HostGeneration
import HostRuntime
import HostTemplates

/// A conversation whose next turn is wanted, whatever dialect asked for it.
struct Conversation: Sendable {
    var turn: ChatTurn
    /// What the answer begins with, token by token as it was once drawn; the client has its text.
    var begunTokens: [TokenID] = []
    /// How the turn is generated; its prompt comes of the messages.
    var request: GenerationRequest
    /// The body as the client sent it, for extensions; empty where there are none.
    let body: JSONObject

    /// The request for the next turn, as the extensions leave it, and the text that it reads.
    func prepared(
        on lease: EngineLease, stream: StreamFields, in context: EndpointContext
    ) async throws -> (answer: AnswerRequest, text: String) {
        var chat = self
        if !turn.tools.forced.isEmpty {
            if let form = request.sampling.constraint {
                let field = request.sampling.constraintField ?? form.field
                throw APIError.invalid(field, "\(field) does not go with a tool that must be called; an answer has one form.")
            }
            chat.request.sampling.constraint = try await WorkerPool.shared.run(.large) {
                ToolForm.constraint(calling: turn.tools.forced) { context.once.warning($0) }
            }
            chat.request.sampling.constraintField = "tools"
        }
        var hooks = RequestHooks(body, isChat: true, request: chat.request, model: lease.modelID, in: context)
        await hooks.change(&chat)
        chat.turn.hasForm = chat.request.sampling.constraint != nil
        // Templates are programs, and long conversations take them long.
        let own = try await WorkerPool.shared.run(chat.turn.isLong ? .large : .small) { [chat] in
            try chat.prompt(on: lease, in: context)
        }
        let prompt = await hooks.prompt(own, for: chat, tokenizer: lease.loaded.tokenizer)
        chat.request.prompt = prompt.prompt
        chat.request.stopStrings += prompt.stopStrings
        chat.request.messageEnds = prompt.messageEnds
        chat.request.reportsProgress = stream.includesProgress
        var answer = AnswerRequest(chat.request, on: lease, hooks: hooks, in: context)
        answer.shape.beginning = AnswerBeginning(
            stripsLeadingSpace: !turn.continuesLast, cutsTagEnd: prompt.prefilled.cutsTagEnd)
        answer.shape.echo = prompt.prefilled.shown.isEmpty ? nil : prompt.prefilled.shown
        answer.shape.thoughts = prompt.reasoningParser(for: chat.turn)
        answer.shape.calls = turn.tools.tools.isEmpty ? nil : ToolCallReader(turn.tools)
        answer.shape.tokensPerSecond = stream.tokensPerSecond
        try await begin(&answer, on: lease)
        return (answer, prompt.text)
    }

    /// What the model reads, where it or the request has a template that takes these messages.
    func prompt(on lease: EngineLease, in context: EndpointContext) throws(APIError) -> ChatPrompt {
        do throws(ChatPromptError) {
            var turn = turn
            if let source = context.templates.source(for: lease.modelID) { turn.options.hostTemplate = source }
            return try ChatPrompt(turn, for: lease.loaded, named: lease.modelID) { warning in
                context.once.warning(warning)
                context.warnings.add(warning)
            }
        } catch {
            switch error {
            case .template(let error):
                throw APIError.invalid(turn.options.failingField, error.description, code: "invalid_template")
            case .form(let problem): throw APIError.invalid("chat_template_kwargs.rwkv_prompt_template", problem + ".")
            case .refused(let problem):
                throw APIError.invalid("messages", "The model's chat template refuses these messages: \(problem)")
            }
        }
    }

    /// Puts the tokens that the answer begins with behind the prompt, so that it is read as it was written.
    private func begin(_ answer: inout AnswerRequest, on lease: EngineLease) async throws {
        if begunTokens.isEmpty { return }
        try TokenList.check(begunTokens, vocabularySize: lease.loaded.info.vocabularySize, field: "continue_token_ids")
        answer.request.prompt = .tokens(try await lease.tokens(of: answer.request.prompt) + begunTokens)
        answer.shape.known = (answer.shape.echo ?? "") + lease.loaded.tokenizer.decode(begunTokens)
        answer.shape.echo = nil
    }
}

extension ChatOptions {
    /// Where the template of a request came from that does not work.
    fileprivate var failingField: String {
        character?.mode == .chat ? "chat_template_str" : templateField
    }
}
