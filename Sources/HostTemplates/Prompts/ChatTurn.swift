package import HostCore

/// A conversation whose next turn is wanted.
package struct ChatTurn: Sendable {
    package var messages: [ChatMessage]
    /// Whether the last message, the assistant's, is left open and goes on.
    package var continuesLast: Bool
    package var options: ChatOptions
    package var tools: ToolSet
    /// Whether the answer has a form, which holds from its first token, so that no thought can come before it.
    package var hasForm = false

    package init(
        _ messages: [ChatMessage], continuesLast: Bool = false, options: ChatOptions = ChatOptions(), tools: ToolSet = .none
    ) {
        self.messages = messages
        self.continuesLast = continuesLast
        self.options = options
        self.tools = tools
    }

    /// Whether the prompt takes more than a few milliseconds to make.
    package var isLong: Bool {
        messages.count > 256 || !tools.tools.isEmpty || messages.reduce(0) { $0 + $1.content.utf8.count } > 64 << 10
    }
}

/// What a request says about the prompt beside its messages.
package struct ChatOptions: Sendable {
    /// A template to use instead of the model's.
    package var template: String?
    /// The field of the request that brought it.
    package var templateField = "instruction_template_str"
    /// A template that the host has in place of the model's own.
    package var hostTemplate: String?
    /// Who plays whom, in the modes of a chat with a character.
    package var character: CharacterChat?
    package var enablesThinking = true
    /// The same as the request says it; nil where it does not.
    package var thinking: Bool?
    /// What templates know by this name, and how long G1 thinks; nil where neither the request nor the host says.
    package var reasoningEffort: String?
    /// Further variables for a template.
    package var variables = JSONObject()

    /// What holds where a request says nothing.
    package init(thinking: Bool? = nil, reasoningEffort: String? = nil, hostTemplate: String? = nil) {
        self.thinking = thinking
        self.reasoningEffort = reasoningEffort
        self.hostTemplate = hostTemplate
        enablesThinking = thinking ?? true
    }
}
