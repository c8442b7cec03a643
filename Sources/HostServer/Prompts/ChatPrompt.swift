import HostCore
import HostGeneration

/// What a request says about the prompt beside its messages.
struct ChatOptions: Sendable {
    /// A template to use instead of the model's.
    var template: String?
    var enablesThinking = true
    var reasoningEffort = "medium"
}

/// A conversation as the text that a model reads.
struct ChatPrompt: Sendable {
    /// What the model reads.
    let text: String
    let prompt: GenerationRequest.Prompt
    /// What ends the answer beside the client's own stop strings.
    let stopStrings: [String]

    init(_ chat: ChatRequest, for lease: EngineLease, in context: EndpointContext) throws {
        if chat.options.template != nil { throw APIError.unsupported("instruction_template_str", neutral: "null") }
        self.init(format: ChatFormat.forTokenizer(lease.loaded.tokenizer), chat, lease)
    }

    private init(format: ChatFormat, _ chat: ChatRequest, _ lease: EngineLease) {
        text = format.prompt(chat.messages, continuesLast: chat.continuesLast)
        // What somebody typed must not become control tokens.
        prompt = .text(text, parsesSpecialTokens: false)
        let stops = lease.loaded.prompting.stopStrings
        stopStrings = stops.isEmpty ? format.stopStrings : stops
    }
}
