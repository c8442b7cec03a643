import HostCore
import HostTemplates

/// Whether the model is to think before it answers, under all the names that clients have for it.
///
/// - Source: `enable_thinking` and `chat_template_kwargs` of vLLM and SGLang, `reasoning_effort` of OpenAI, `reasoning` of
///   OpenRouter, `thinking` of Anthropic and DeepSeek, `think` of Ollama.
enum ThinkingFields {
    static func read(_ reader: inout FieldReader, into options: inout ChatOptions) throws(APIError) {
        if let value = try reader.bool("enable_thinking") { options.think(value) }
        if let value = try reader.value("think") { try switched(value, field: "think", &options) }
        if let value = try reader.value("thinking") { try switched(value, field: "thinking", &options) }
        if let value = try reader.object("reasoning") {
            if let isOn = value["enabled"]?.boolValue { options.think(isOn) }
            if let effort = value["effort"]?.stringValue { options.effort(effort) }
        }
        if let value = try reader.string("reasoning_effort") { options.effort(value) }
        // How clients of other servers reach a template.
        if let values = try reader.object("chat_template_kwargs") {
            options.variables = values
            for name in ["enable_thinking", "thinking"] { if let value = values[name]?.boolValue { options.think(value) } }
        }
    }

    /// A switch: true or false, a level, or an object with a type.
    private static func switched(_ value: JSONValue, field: String, _ options: inout ChatOptions) throws(APIError) {
        if let isOn = value.boolValue { return options.think(isOn) }
        switch value["type"]?.stringValue ?? value.stringValue {
        case "enabled", "adaptive", "auto": options.think(true)
        case "disabled", "none": options.think(false)
        case let level? where value.stringValue != nil: options.effort(level)
        default: throw APIError.invalid(field, "\(field) must be true, false, or an object whose type is enabled or disabled.")
        }
    }
}

extension ChatOptions {
    fileprivate mutating func think(_ isOn: Bool) { (enablesThinking, thinking) = (isOn, isOn) }

    fileprivate mutating func effort(_ level: String) {
        reasoningEffort = level
        if level == "none" { think(false) }
    }
}
