import HostCore

/// Messages of Anthropic's dialect as turns of a conversation.
enum MessagesContent {
    /// A line that a client of this API puts before everything else and changes with each request; were it read, nothing
    /// of the prompt would ever be found again in the state cache.
    private static let billingMark = "x-anthropic-billing-header"

    /// `system`: a text, or blocks of text.
    static func system(_ value: JSONValue?, name: String = "system") throws(APIError) -> [ChatMessage] {
        guard let value, !value.isNull else { return [] }
        let text = try texts(value, name: name)
            .filter { !$0.hasPrefix(billingMark) }.joined(separator: "\n")
        return text.isEmpty ? [] : [ChatMessage(.system, text)]
    }

    static func messages(_ values: [JSONValue]) throws(APIError) -> [ChatMessage] {
        var messages: [ChatMessage] = []
        for (index, value) in values.enumerated() {
            let name = "messages[\(index)]"
            switch value["role"]?.stringValue {
            case "user": messages += try user(value["content"], name: "\(name).content")
            case "assistant": messages.append(try assistant(value["content"], name: "\(name).content"))
            case "system": messages += try system(value["content"], name: "\(name).content")
            case let role:
                throw invalid("\(name).role must be user, assistant or system, not \"\((role ?? "").prefix(40))\".")
            }
        }
        return messages
    }

    /// What tools gave back stands before what the user says.
    private static func user(_ value: JSONValue?, name: String) throws(APIError) -> [ChatMessage] {
        var results: [ChatMessage] = [], texts: [String] = []
        for (index, block) in try blocks(value, name: name).enumerated() {
            let place = "\(name)[\(index)]"
            switch block["type"]?.stringValue {
            case "text": texts.append(try text(of: block, place))
            case "document" where block["source"]?["type"] == "text": texts.append(try document(block, place))
            case "tool_result":
                let content = block["content"]?.present ?? ""
                let text = try self.texts(content, name: "\(place).content").joined(separator: "\n")
                var message = ChatMessage(.tool, block["is_error"] == true ? "Error: \(text)" : text)
                message.toolCallID = block["tool_use_id"]?.stringValue
                results.append(message)
            case let type: throw unsupported(type, place)
            }
        }
        guard !results.isEmpty || !texts.isEmpty else { throw invalid("\(name) must not be empty.") }
        return results + (texts.isEmpty ? [] : [ChatMessage(.user, texts.joined(separator: "\n"))])
    }

    private static func assistant(_ value: JSONValue?, name: String) throws(APIError) -> ChatMessage {
        var message = ChatMessage(.assistant, ""), texts: [String] = []
        for (index, block) in try blocks(value, name: name).enumerated() {
            let place = "\(name)[\(index)]"
            switch block["type"]?.stringValue {
            case "text": texts.append(try text(of: block, place))
            case "tool_use":
                guard let tool = block["name"]?.stringValue else { throw invalid("\(place).name is missing.") }
                message.toolCalls.append(
                    ToolCall(id: block["id"]?.stringValue ?? "", name: tool, arguments: (block["input"] ?? [:]).encoded()))
            // Thoughts of earlier turns are not read again; the models were taught without them.
            case "thinking", "redacted_thinking": break
            case let type: throw unsupported(type, place)
            }
        }
        message.content = texts.joined(separator: "\n")
        return message
    }

    private static func blocks(_ value: JSONValue?, name: String) throws(APIError) -> [JSONValue] {
        guard let value, !value.isNull else { throw invalid("\(name) is missing.") }
        if value.stringValue != nil { return [["type": "text", "text": value]] }
        guard let blocks = value.arrayValue else { throw invalid("\(name) must be a string or an array, not \(value.kind).") }
        return blocks
    }

    private static func texts(_ value: JSONValue, name: String) throws(APIError) -> [String] {
        var texts: [String] = []
        for (index, block) in try blocks(value, name: name).enumerated() {
            let place = "\(name)[\(index)]"
            guard block["type"] == "text" else { throw unsupported(block["type"]?.stringValue, place) }
            texts.append(try text(of: block, place))
        }
        return texts
    }

    /// A document of plain text, below its title.
    private static func document(_ block: JSONValue, _ place: String) throws(APIError) -> String {
        guard let text = block["source"]?["data"]?.stringValue else { throw invalid("\(place).source.data must be a string.") }
        return [block["title"]?.stringValue, block["context"]?.stringValue, text].compactMap { $0 }.joined(separator: "\n")
    }

    private static func text(of block: JSONValue, _ place: String) throws(APIError) -> String {
        guard let text = block["text"]?.stringValue else { throw invalid("\(place).text must be a string.") }
        return text
    }

    private static func unsupported(_ type: String?, _ place: String) -> APIError {
        invalid("\(place): blocks of type \"\((type ?? "").prefix(40))\" are not supported here.")
    }

    private static func invalid(_ message: String) -> APIError {
        APIError.invalid(message.hasPrefix("system") ? "system" : "messages", message)
    }
}
