/// One turn of a conversation.
public struct ChatMessage: Sendable, Hashable {
    /// Who a turn is by.
    public enum Role: String, Sendable {
        case system, user, assistant
        /// What a tool gave back.
        case tool
    }

    /// Who the turn is by.
    public var role: Role
    /// The text of the turn.
    public var content: String
    /// What the assistant asks tools for.
    public var toolCalls: [ToolCall] = []
    /// The call that a tool's message answers.
    public var toolCallID: String?
    /// Who speaks, where the client says so; of a tool's message, the tool.
    public var name: String?

    public init(_ role: Role, _ content: String) {
        self.role = role
        self.content = content
    }
}

/// A tool that the assistant asks for.
public struct ToolCall: Sendable, Hashable {
    /// What the answer to the call refers to, in `toolCallID`.
    public var id: String
    /// The name of the tool.
    public var name: String
    /// A JSON object as the model wrote it; not always a valid one.
    public var arguments: String

    public init(id: String, name: String, arguments: String) {
        self.id = id
        self.name = name
        self.arguments = arguments
    }
}
