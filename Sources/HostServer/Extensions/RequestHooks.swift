import HostCore
import HostExtensions
import HostGeneration
import HostTemplates

/// What the extensions make of one request, from its parameters to its answer.
///
/// Without extensions every step gives back what it was given.
struct RequestHooks: Sendable {
    private let chain: HookChain
    private let replies: RunningReplies
    /// More new tokens than this are never generated.
    private let most: Int
    private(set) var state: RequestParameters

    init(
        _ body: JSONObject, isChat: Bool, request: GenerationRequest, model: String?, in context: EndpointContext
    ) {
        chain = HookChain(context.configuration.extensions)
        replies = context.replies
        most = context.configuration.maximumMaxTokens
        state = RequestParameters(
            isChat: isChat, model: model, fields: body, sampling: request.sampling, maxTokens: request.maxTokens,
            stopStrings: request.stopStrings)
    }

    /// Has the extensions change how the answer is generated.
    mutating func change(_ request: inout GenerationRequest) async {
        if chain.isEmpty { return }
        state = await chain.state(state)
        request.sampling = state.sampling
        request.maxTokens = min(state.maxTokens ?? most, most)
        request.stopStrings = state.stopStrings
    }

    /// Has the extensions change a conversation and how its next turn is generated.
    mutating func change(_ chat: inout Conversation) async {
        if chain.isEmpty { return }
        let newest = chat.turn.messages.lastIndex { $0.role == .user } ?? chat.turn.messages.endIndex
        let history = await chain.history(Array(chat.turn.messages[..<newest]), state: state)
        var rest = Array(chat.turn.messages[newest...])
        await change(&chat.request)
        if !rest.isEmpty { rest[0].content = await chain.input(rest[0].content, state: state) }
        chat.turn.messages = history + rest
    }

    /// A plain prompt as the extensions leave it.
    func input(_ text: String) async -> String { await chain.input(text, state: state) }

    /// The prompt of a conversation: an extension's own, or the model's with the extensions' first words of the answer.
    func prompt(_ prompt: ChatPrompt, for chat: Conversation, tokenizer: any Tokenizer) async -> ChatPrompt {
        if chain.isEmpty { return prompt }
        let prefix = await chain.botPrefix(state: state)
        if let text = await chain.chatPrompt(chat.turn.messages, state: state) {
            return ChatPrompt(text: text, prompt: .text(text, parsesSpecialTokens: true), stopStrings: prompt.stopStrings)
        }
        return prefix.isEmpty ? prompt : prompt.appending(prefix, tokenizer: tokenizer)
    }

    /// Joins the extensions' processors, and their changes of the prompt's tokens, to a generation.
    func joined(to request: GenerationRequest, of lease: EngineLease) async throws -> GenerationRequest {
        if chain.isEmpty { return request }
        let (chain, state, tokenizer) = (chain, state, lease.loaded.tokenizer)
        var request = request
        request.makeProcessors = { chain.logitsProcessors(for: state, tokenizer: tokenizer) }
        let tokens = try await lease.tokens(of: request.prompt)
        let changed = await chain.tokens(tokens, prompt: lease.text(of: request.prompt), state: state)
        if changed != tokens { request.prompt = .tokens(changed) }
        return request
    }

    /// What an extension answers in place of the model; nil leaves it to the model.
    func reply(to request: GenerationRequest, of lease: EngineLease) async throws -> TokenStream? {
        if chain.isEmpty { return nil }
        guard let pieces = await chain.reply(lease.text(of: request.prompt), state: state) else { return nil }
        let tokens = try await lease.tokens(of: request.prompt)
        return try CustomReply.stream(pieces, for: request, promptTokens: tokens, lease.loaded.tokenizer, among: replies)
    }

    /// What changes the whole answer; nil where it may be shown while it grows.
    var output: (@Sendable (String) async -> String)? { chain.output(state: state) }

    /// An extension's count of a text's tokens; nil leaves it to the tokenizer.
    static func tokenizedLength(_ text: String, in context: EndpointContext) async -> Int? {
        await HookChain(context.configuration.extensions).tokenizedLength(text)
    }
}

extension EngineLease {
    fileprivate func text(of prompt: GenerationRequest.Prompt) -> String {
        switch prompt {
        case .text(let text, _): text
        case .tokens(let tokens): loaded.tokenizer.decode(tokens)
        }
    }
}
