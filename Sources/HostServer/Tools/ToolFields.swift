import HostCore
import HostTemplates

/// `tools`, `tool_choice` and `parallel_tool_calls`, and the older `functions` and `function_call`, as the OpenAI dialects
/// write them.
enum ToolFields {
    private static let maximumTools = 256
    private static let maximumName = 128

    /// - Returns: the tools, and whether they came as `functions`, so that calls are answered in that form.
    static func read(_ reader: inout FieldReader) throws(APIError) -> (set: ToolSet, asFunctions: Bool) {
        let tools = try list(&reader, "tools") { value, name throws(APIError) in
            if let type = value["type"]?.stringValue, type != "function" {
                throw APIError.invalid("tools", "\(name).type must be function, not \"\(type.prefix(40))\".")
            }
            guard let function = value["function"], function.objectValue != nil else {
                throw APIError.invalid("tools", "\(name).function is missing.")
            }
            return try tool(function, name: "\(name).function", field: "tools")
        }
        let functions = try list(&reader, "functions") { value, name throws(APIError) in
            try tool(value, name: name, field: "functions")
        }
        if !tools.isEmpty, !functions.isEmpty {
            throw APIError.invalid("functions", "functions does not go with tools; they are the older name of the same.")
        }
        var set = ToolSet(tools: tools + functions)
        set.allowsSeveral = try reader.bool("parallel_tool_calls") ?? true
        let toolChoice = try reader.value("tool_choice"), functionCall = try reader.value("function_call")
        if !functions.isEmpty { set.allowsSeveral = false }
        let choice = functions.isEmpty ? (toolChoice, "tool_choice") : (functionCall, "function_call")
        try choose(choice.0, field: choice.1, &set)
        return (set, !functions.isEmpty)
    }

    private static func list(
        _ reader: inout FieldReader, _ field: String, _ read: (JSONValue, String) throws(APIError) -> Tool
    ) throws(APIError) -> [Tool] {
        var set = ToolSet()
        for (index, value) in try values(&reader, field).enumerated() {
            try set.add(read(value, "\(field)[\(index)]"), field: field)
        }
        return set.tools
    }

    /// The entries of a list of tools, which live as long as the request.
    static func values(_ reader: inout FieldReader, _ field: String) throws(APIError) -> [JSONValue] {
        let values = try reader.array(field) ?? []
        guard values.count <= maximumTools else {
            throw APIError.invalid(field, "\(field) has \(values.count) entries; at most \(maximumTools) are allowed.")
        }
        if !values.isEmpty { reader.keepsValues = true }
        return values
    }

    /// A function with its name, description and parameters.
    ///
    /// - Parameter schema: what the parameters are called in this dialect.
    static func tool(
        _ value: JSONValue, name: String, field: String, schema: String = "parameters"
    ) throws(APIError) -> Tool {
        guard let word = value["name"]?.stringValue, !word.isEmpty else {
            throw APIError.invalid(field, "\(name).name is missing.")
        }
        guard word.utf8.count <= maximumName else {
            throw APIError.invalid(field, "\(name).name has \(word.utf8.count) bytes; at most \(maximumName) are allowed.")
        }
        let parameters = value[schema]?.present ?? ["type": "object", "properties": [:]]
        guard parameters.objectValue != nil else {
            throw APIError.invalid(
                field, "\(name).\(schema) must be a JSON Schema, not \(parameters.kind).", code: "invalid_type")
        }
        return Tool(name: word, description: value["description"]?.stringValue ?? "", parameters: parameters)
    }

    /// `none`, `auto`, `required` or a name; without tools only what asks for none means anything.
    private static func choose(_ value: JSONValue?, field: String, _ set: inout ToolSet) throws(APIError) {
        guard let value, !value.isNull, value != "auto" else { return }
        if value == "none" {
            set.tools = []
            return
        }
        // Mistral's and Anthropic's word for it is "any".
        if value == "required" || value == "any" {
            guard !set.tools.isEmpty else {
                throw APIError.invalid(field, "\(field) is \(value.encoded()), but there are no tools.")
            }
            set.choice = .required
            return
        }
        guard let name = (value["function"]?["name"] ?? value["name"])?.stringValue else {
            throw APIError.invalid(field, "\(field) must be \"none\", \"auto\", \"required\" or name a function.")
        }
        try set.choose(name, field: field)
    }
}

extension ToolSet {
    mutating func add(_ tool: Tool, field: String) throws(APIError) {
        guard !tools.contains(where: { $0.name == tool.name }) else {
            throw APIError.invalid(field, "\(field) has two tools named \"\(tool.name)\".")
        }
        tools.append(tool)
    }

    mutating func choose(_ name: String, field: String) throws(APIError) {
        guard tools.contains(where: { $0.name == name }) else {
            throw APIError.invalid(field, "\(field) names \"\(name.prefix(128))\", which is not among the tools.")
        }
        choice = .named(name)
    }
}
