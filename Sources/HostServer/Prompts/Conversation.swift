import HostCore
import HostGeneration
import HostRuntime

/// A conversation whose next turn is wanted, whatever dialect asked for it.
struct Conversation: Sendable {
    var messages: [ChatMessage]
    /// Whether the last message, the assistant's, is left open and goes on.
    var continuesLast = false
    var options = ChatOptions()
    var tools = ToolSet.none
    /// How the turn is generated; its prompt comes of the messages.
    var request: GenerationRequest
    /// The body as the client sent it, for extensions; empty where there are none.
    let body: JSONObject

    /// Whether the prompt takes more than a few milliseconds to make.
    var isLong: Bool {
        messages.count > 256 || !tools.tools.isEmpty || messages.reduce(0) { $0 + $1.content.utf8.count } > 64 << 10
    }

    /// Whether the answer has a form, which holds from its first token, so that no thought can come before it.
    var hasForm: Bool { request.sampling.constraint != nil }

    /// The request for the next turn, as the extensions leave it, and the text that it reads.
    func prepared(
        on lease: EngineLease, stream: StreamFields, in context: EndpointContext
    ) async throws -> (answer: AnswerRequest, text: String) {
        var chat = self
        if !tools.forced.isEmpty {
            if let form = request.sampling.constraint {
                throw APIError.invalid(
                    form.field, "\(form.field) does not go with a tool that must be called; an answer has one form.")
            }
            chat.request.sampling.constraint = try await WorkerPool.shared.run(.large) {
                ToolForm.constraint(calling: tools.forced) { context.once.warning($0) }
            }
        }
        var hooks = RequestHooks(body, isChat: true, request: chat.request, model: lease.modelID, in: context)
        await hooks.change(&chat)
        // Templates are programs, and long conversations take them long.
        let own = try await WorkerPool.shared.run(chat.isLong ? .large : .small) { [chat] in
            try ChatPrompt(chat, for: lease, in: context)
        }
        let prompt = await hooks.prompt(own, for: chat, tokenizer: lease.loaded.tokenizer)
        chat.request.prompt = prompt.prompt
        chat.request.stopStrings += prompt.stopStrings
        chat.request.messageEnds = prompt.messageEnds
        chat.request.reportsProgress = stream.includesProgress
        var answer = AnswerRequest(chat.request, on: lease, hooks: hooks, in: context)
        answer.shape.stripsLeadingSpace = !continuesLast
        answer.shape.cutsTagEnd = prompt.opening.cutsTagEnd
        answer.shape.echo = prompt.opening.shown.isEmpty ? nil : prompt.opening.shown
        answer.shape.thoughts = prompt.splitter(for: chat)
        answer.shape.calls = tools.tools.isEmpty ? nil : ToolCallReader(tools)
        answer.shape.tokensPerSecond = stream.tokensPerSecond
        return (answer, prompt.text)
    }
}
