import HostCore
import HostGeneration
import HostRuntime

/// A chat request and its prompt as the extensions leave them.
struct HookedChat: Sendable {
    let chat: ChatRequest
    let prompt: ChatPrompt
    let hooks: RequestHooks

    init(_ chat: ChatRequest, for lease: EngineLease, in context: EndpointContext) async throws {
        var chat = chat
        var hooks = RequestHooks(chat.body, isChat: true, fields: chat.fields, model: lease.modelID, in: context)
        await hooks.change(&chat)
        // Templates are programs, and long conversations take them long.
        let own = try await WorkerPool.shared.run(chat.isLong ? .large : .small) { [chat] in
            try ChatPrompt(chat, for: lease, in: context)
        }
        prompt = await hooks.prompt(own, for: chat, tokenizer: lease.loaded.tokenizer)
        self.chat = chat
        self.hooks = hooks
    }
}
