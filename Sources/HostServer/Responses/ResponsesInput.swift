import HostCore

/// The `input` of `/v1/responses` as turns of a conversation.
enum ResponsesInput {
    /// A text is one item, the user's message.
    static func items(_ value: JSONValue?, mayBeEmpty: Bool) throws(APIError) -> [JSONValue] {
        guard let value, !value.isNull else {
            if mayBeEmpty { return [] }
            throw invalid("input is missing.")
        }
        if value.stringValue != nil { return [["type": "message", "role": "user", "content": value]] }
        guard let items = value.arrayValue else { throw invalid("input must be a string or an array, not \(value.kind).") }
        guard mayBeEmpty || !items.isEmpty else { throw invalid("input must not be empty.") }
        return items
    }

    /// - Parameter warn: called for items that mean nothing here, such as calls of tools that others run.
    static func messages(_ items: [JSONValue], warn: (String) -> Void) throws(APIError) -> [ChatMessage] {
        var messages: [ChatMessage] = []
        for (index, item) in items.enumerated() {
            let name = "input[\(index)]"
            switch item["type"]?.stringValue ?? (item["role"] == nil ? nil : "message") {
            case "message": messages.append(try message(item, name: name))
            case "function_call", "custom_tool_call", "local_shell_call": try addCall(item, name: name, to: &messages)
            case "function_call_output", "custom_tool_call_output", "local_shell_call_output":
                var result = ChatMessage(.tool, try text(item["output"] ?? "", name: "\(name).output"))
                result.toolCallID = item["call_id"]?.stringValue
                messages.append(result)
            // Thoughts of earlier turns are not read again; the models were taught without them.
            case "reasoning": break
            case let type? where ["input_image", "input_file", "input_audio"].contains(type):
                throw invalid("\(name): items of type \"\(type)\" are not supported; send text.")
            case "item_reference":
                throw invalid("\(name): references to items are not supported; send the item, or previous_response_id.")
            case let type?: warn("an input item of type \(Log.escaped(String(type.prefix(40)))) was left out of a prompt")
            case nil: throw invalid("\(name).type is missing.")
            }
        }
        return messages
    }

    private static func message(_ item: JSONValue, name: String) throws(APIError) -> ChatMessage {
        let role: ChatMessage.Role
        switch item["role"]?.stringValue {
        case "system", "developer": role = .system
        case "user": role = .user
        case "assistant": role = .assistant
        case let word:
            throw invalid("\(name).role must be system, developer, user or assistant, not \"\((word ?? "").prefix(40))\".")
        }
        guard let content = item["content"], !content.isNull else { throw invalid("\(name).content is missing.") }
        return ChatMessage(role, try text(content, name: "\(name).content"))
    }

    /// Calls of one turn are one message.
    private static func addCall(_ item: JSONValue, name: String, to messages: inout [ChatMessage]) throws(APIError) {
        let isShell = item["type"] == "local_shell_call"
        guard let tool = isShell ? "local_shell" : item["name"]?.stringValue else { throw invalid("\(name).name is missing.") }
        // A custom tool takes a text, and a shell what it is to do.
        let arguments = item["arguments"]?.stringValue ?? (item["input"] ?? item["action"])?.encoded() ?? "{}"
        let call = ToolCall(id: (item["call_id"] ?? item["id"])?.stringValue ?? "", name: tool, arguments: arguments)
        if messages.last?.role == .assistant {
            messages[messages.count - 1].toolCalls.append(call)
        } else {
            var message = ChatMessage(.assistant, "")
            message.toolCalls = [call]
            messages.append(message)
        }
    }

    private static func text(_ value: JSONValue, name: String) throws(APIError) -> String {
        if let text = value.stringValue { return text }
        guard let parts = value.arrayValue else { throw invalid("\(name) must be a string or an array, not \(value.kind).") }
        var texts: [String] = []
        for (index, part) in parts.enumerated() {
            switch part["type"]?.stringValue {
            case "input_text", "output_text", "text": texts.append(part["text"]?.stringValue ?? "")
            case "refusal": texts.append(part["refusal"]?.stringValue ?? "")
            case let type:
                throw invalid("\(name)[\(index)]: parts of type \"\((type ?? "").prefix(40))\" are not supported; send text.")
            }
        }
        return texts.joined(separator: "\n")
    }

    private static func invalid(_ message: String) -> APIError { APIError.invalid("input", message) }
}
