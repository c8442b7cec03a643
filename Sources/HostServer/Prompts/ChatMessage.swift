import HostCore

extension ChatMessage {
    /// The `messages` of a request.
    static func list(_ value: JSONValue) throws(APIError) -> [ChatMessage] {
        guard let values = value.arrayValue else {
            throw APIError.invalid("messages", "messages must be an array, not \(value.kind).", code: "invalid_type")
        }
        guard !values.isEmpty else { throw APIError.invalid("messages", "messages must not be empty.") }
        var messages: [ChatMessage] = []
        for (index, value) in values.enumerated() {
            messages.append(try ChatMessage(value, name: "messages[\(index)]"))
        }
        return messages
    }

    private init(_ value: JSONValue, name: String) throws(APIError) {
        guard let object = value.objectValue else {
            throw ChatMessage.invalid("\(name) must be an object, not \(value.kind).")
        }
        guard let word = object["role"]?.stringValue else { throw ChatMessage.invalid("\(name).role is missing.") }
        let role: Role
        switch word {
        case "system", "developer": role = .system
        case "user": role = .user
        case "assistant": role = .assistant
        case "tool", "function": role = .tool
        default:
            throw ChatMessage.invalid(
                "\(name).role must be system, developer, user, assistant or tool, not \"\(word.prefix(40))\".")
        }
        // Ollama's and others' places for what is not text.
        for field in ["images", "audio", "videos", "files"] {
            guard let value = object[field]?.present, value != [], value != "" else { continue }
            throw ChatMessage.invalid("\(name).\(field) is not supported; send text in content.")
        }
        let calls = try ToolCall.list(object, name: name)
        let content = object["content"]?.present
        // An assistant that was stopped before its first word leaves an empty turn in the history.
        guard content != nil || !calls.isEmpty || role == .assistant else { throw ChatMessage.invalid("\(name).content is missing.") }
        var text = ""
        if let content { text = try ChatMessage.text(content, name: "\(name).content") }
        self.init(role, text)
        toolCalls = calls
        toolCallID = object["tool_call_id"]?.stringValue
        self.name = object["name"]?.stringValue
    }

    /// A string, or the texts of a list of parts, one below the other.
    private static func text(_ value: JSONValue, name: String) throws(APIError) -> String {
        if let text = value.stringValue { return text }
        guard let parts = value.arrayValue else {
            throw invalid("\(name) must be a string or an array of parts, not \(value.kind).")
        }
        var texts: [String] = []
        for (index, part) in parts.enumerated() {
            if let text = try ChatMessage.text(ofPart: part, name: "\(name)[\(index)]") { texts.append(text) }
        }
        return texts.joined(separator: "\n")
    }

    /// The text of one part, also as the other dialects write it; nil for a thought of an earlier turn, which is not read again.
    private static func text(ofPart part: JSONValue, name: String) throws(APIError) -> String? {
        if let text = part.stringValue { return text }
        let type = part["type"]?.stringValue ?? (part["text"] == nil ? nil : "text"), member: String
        switch type {
        case "text", "input_text", "output_text": member = "text"
        case "refusal": member = "refusal"
        case "thinking", "redacted_thinking", "reasoning": return nil
        case let type?: throw invalid("\(name): parts of type \"\(type.prefix(40))\" are not supported; send text.")
        case nil: throw invalid("\(name).type is missing.")
        }
        guard let text = part[member]?.stringValue else { throw invalid("\(name).\(member) must be a string.") }
        return text
    }

    fileprivate static func invalid(_ message: String) -> APIError { APIError.invalid("messages", message) }
}

extension ToolCall {
    /// The calls of an assistant's message: `tool_calls`, or the older `function_call`.
    fileprivate static func list(_ message: JSONObject, name: String) throws(APIError) -> [ToolCall] {
        if let call = message["function_call"], !call.isNull {
            return [try ToolCall(call, id: "", name: "\(name).function_call")]
        }
        guard let value = message["tool_calls"], !value.isNull else { return [] }
        guard let values = value.arrayValue else {
            throw ChatMessage.invalid("\(name).tool_calls must be an array, not \(value.kind).")
        }
        var calls: [ToolCall] = []
        for (index, value) in values.enumerated() {
            let name = "\(name).tool_calls[\(index)]"
            guard let function = value["function"] else { throw ChatMessage.invalid("\(name).function is missing.") }
            calls.append(try ToolCall(function, id: value["id"]?.stringValue ?? "", name: "\(name).function"))
        }
        return calls
    }

    /// Arguments are taken as they were written, also where they are not valid JSON: a model wrote them.
    private init(_ function: JSONValue, id: String, name: String) throws(APIError) {
        guard let word = function["name"]?.stringValue else { throw ChatMessage.invalid("\(name).name is missing.") }
        let arguments = function["arguments"] ?? .null
        self.init(
            id: id, name: word, arguments: arguments.stringValue ?? (arguments.isNull ? "{}" : arguments.encoded()))
    }
}
