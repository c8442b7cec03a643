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
        case "tool", "function": throw ChatMessage.invalid(
            "\(name).role: \"\(word)\" is not supported by this host yet.")
        default: throw ChatMessage.invalid(
            "\(name).role must be system, developer, user or assistant, not \"\(word.prefix(40))\".")
        }
        if let calls = object["tool_calls"], !calls.isNull, calls != [] {
            throw ChatMessage.invalid("\(name).tool_calls is not supported by this host yet.")
        }
        guard let content = object["content"], !content.isNull else {
            throw ChatMessage.invalid("\(name).content is missing.")
        }
        self.init(role, try ChatMessage.text(content, name: "\(name).content"))
    }

    /// A string, or the texts of a list of parts, one below the other.
    private static func text(_ value: JSONValue, name: String) throws(APIError) -> String {
        if let text = value.stringValue { return text }
        guard let parts = value.arrayValue else {
            throw invalid("\(name) must be a string or an array of parts, not \(value.kind).")
        }
        var texts: [String] = []
        for (index, part) in parts.enumerated() {
            guard let type = part["type"]?.stringValue else { throw invalid("\(name)[\(index)].type is missing.") }
            guard type == "text" else {
                throw invalid("\(name)[\(index)]: parts of type \"\(type.prefix(40))\" are not supported; send text.")
            }
            guard let text = part["text"]?.stringValue else {
                throw invalid("\(name)[\(index)].text must be a string.")
            }
            texts.append(text)
        }
        return texts.joined(separator: "\n")
    }

    private static func invalid(_ message: String) -> APIError { APIError.invalid("messages", message) }
}
