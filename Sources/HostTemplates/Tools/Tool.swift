package import HostCore

/// A function that the client offers to run for the model.
package struct Tool: Sendable, Hashable {
    package let name: String
    package let description: String
    /// A JSON Schema of an object; what the client sent, so it may be one that no form can be made of.
    package let parameters: JSONValue

    package init(name: String, description: String, parameters: JSONValue) {
        self.name = name
        self.description = description
        self.parameters = parameters
    }

    /// As templates and the OpenAI dialect know it.
    package var json: JSONValue {
        ["type": "function", "function": ["name": .string(name), "description": .string(description), "parameters": parameters]]
    }
}

/// The tools of a request and how they are to be used.
package struct ToolSet: Sendable, Hashable {
    package enum Choice: Sendable, Hashable {
        /// The model decides.
        case auto
        /// The answer is a call.
        case required
        /// The answer is a call of this one.
        case named(String)
    }

    /// What the model may call; empty where there are none, or none may be used.
    package var tools: [Tool]
    package var choice: Choice
    package var allowsSeveral: Bool

    package init(tools: [Tool] = [], choice: Choice = .auto, allowsSeveral: Bool = true) {
        self.tools = tools
        self.choice = choice
        self.allowsSeveral = allowsSeveral
    }

    package static let none = ToolSet()

    /// The tools that the answer must call; empty where it need not.
    package var forced: [Tool] {
        switch choice {
        case .auto: []
        case .required: tools
        case .named(let name): tools.filter { $0.name == name }
        }
    }
}
