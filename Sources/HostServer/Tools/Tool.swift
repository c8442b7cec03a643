import HostCore

/// A function that the client offers to run for the model.
struct Tool: Sendable, Hashable {
    let name: String
    let description: String
    /// A JSON Schema of an object; what the client sent, so it may be one that no form can be made of.
    let parameters: JSONValue

    /// As templates and the OpenAI dialect know it.
    var json: JSONValue {
        ["type": "function", "function": ["name": .string(name), "description": .string(description), "parameters": parameters]]
    }
}

/// The tools of a request and how they are to be used.
struct ToolSet: Sendable, Hashable {
    enum Choice: Sendable, Hashable {
        /// The model decides.
        case auto
        /// The answer is a call.
        case required
        /// The answer is a call of this one.
        case named(String)
    }

    /// What the model is told of; empty where there are none, or none may be used.
    var tools: [Tool] = []
    var choice = Choice.auto
    var allowsSeveral = true

    static let none = ToolSet()

    /// The tools that the answer must call; empty where it need not.
    var forced: [Tool] {
        switch choice {
        case .auto: []
        case .required: tools
        case .named(let name): tools.filter { $0.name == name }
        }
    }
}
