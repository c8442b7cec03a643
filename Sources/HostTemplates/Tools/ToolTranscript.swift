import HostCore

/// A conversation with tools as plain turns, for models whose template knows none.
///
/// - Source: the prompts that RWKV-7 G1 was trained on, as its author publishes them: tools in the system message, a call as
///   a fenced block of JSON, and what it gave back as the user's turn.
enum ToolTranscript {
    /// - Parameter role: whose first words the tools become: a system message's, or the user's where a template has no other.
    static func plain(_ messages: [ChatMessage], _ tools: ToolSet, toldBy role: ChatMessage.Role = .system) -> [ChatMessage] {
        var turns: [ChatMessage] = []
        for message in messages {
            switch message.role {
            case .tool: addResult(message, to: &turns)
            case .assistant where !message.toolCalls.isEmpty: turns.append(ChatMessage(.assistant, text(of: message)))
            default: turns.append(message)
            }
        }
        guard !tools.tools.isEmpty else { return turns }
        let instruction = instruction(tools)
        if role == .user, let first = turns.firstIndex(where: { $0.role == .user }) {
            turns[first].content = "\(instruction)\n\n\(turns[first].content)"
        } else if let first = turns.first, first.role == .system {
            turns[0].content = first.content.isEmpty ? instruction : "\(first.content)\n\(instruction)"
        } else {
            turns.insert(ChatMessage(.system, instruction), at: 0)
        }
        return turns
    }

    /// Results of several calls are one turn.
    private static func addResult(_ message: ChatMessage, to turns: inout [ChatMessage]) {
        let text = "Function output:\n\(message.content)"
        if let last = turns.last, last.role == .user, last.content.hasPrefix("Function output:") {
            turns[turns.count - 1].content += "\n\(text)"
        } else {
            turns.append(ChatMessage(.user, text))
        }
    }

    private static func text(of message: ChatMessage) -> String {
        let calls = message.toolCalls.map { call in
            // Arguments that are not valid JSON stand as the text that they are.
            let arguments = (try? JSONValue(parsing: call.arguments)) ?? .string(call.arguments)
            return (["name": .string(call.name), "arguments": arguments] as JSONValue).encoded(.python)
        }
        let block = "```json\n\(calls.count == 1 ? calls[0] : "[\(calls.joined(separator: ", "))]")\n```"
        return message.content.isEmpty ? block : "\(message.content)\n\(block)"
    }

    private static func instruction(_ tools: ToolSet) -> String {
        let lines = tools.tools.map { tool in
            let text = tool.description.split(whereSeparator: \.isNewline).joined(separator: " ")
            return "- \(tool.name)(\(signature(tool.parameters)))\(text.isEmpty ? "" : ": \(text)")"
        }
        let rule =
            tools.forced.isEmpty
            ? "To call a function, answer with its JSON alone: {\"name\": …, \"arguments\": {…}}"
            : "Return only a JSON function call."
        return "Tools:\n\(lines.joined(separator: "\n"))\n\(rule)"
    }

    /// `city: string, days?: integer`.
    private static func signature(_ schema: JSONValue) -> String {
        let required = Set((schema["required"]?.arrayValue ?? []).compactMap(\.stringValue))
        return (schema["properties"]?.objectValue?.members ?? []).map { name, property in
            "\(name)\(required.contains(name) ? "" : "?"): \(type(of: property))"
        }.joined(separator: ", ")
    }

    private static func type(of property: JSONValue) -> String {
        if let values = property["enum"]?.arrayValue { return values.map { $0.encoded() }.joined(separator: " | ") }
        if let type = property["type"]?.stringValue { return type }
        let types = (property["type"]?.arrayValue ?? []).compactMap(\.stringValue)
        return types.isEmpty ? "any" : types.joined(separator: " | ")
    }
}
