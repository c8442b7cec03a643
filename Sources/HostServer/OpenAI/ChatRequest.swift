import HostCore

/// The body of `/v1/chat/completions`, read and checked as far as that goes without a model.
struct ChatRequest: Sendable {
    static let maximumTopLogprobs = 20
    /// Alternatives where `logprobs` is on and their number is not given.
    static let defaultTopLogprobs = 5

    let model: String?
    let conversation: Conversation
    let count: Int
    let stream: StreamFields
    /// Whether tools came as `functions`.
    let callsAreFunctions: Bool

    init(_ reader: inout FieldReader, in context: EndpointContext) throws(APIError) {
        let body = try context.bodyForExtensions(reader)
        try Presets.apply(to: &reader, in: context)
        model = try reader.modelName()
        guard let list = try reader.value("messages") else { throw APIError.invalid("messages", "messages is missing.") }
        var messages = try ChatMessage.list(list)
        let continuesLast = try ChatRequest.continuesLast(&reader, messages)
        if continuesLast, messages[messages.count - 1].content.isEmpty,
            let thought = list.arrayValue?.last?["reasoning_content"]?.stringValue, !thought.isEmpty
        {
            messages[messages.count - 1].content = "<think>\n\(thought)"
        }
        stream = try StreamFields(&reader)
        count = try reader.int("n", in: 1...Choices.maximum) ?? 1
        if stream.isOn, count > 1 { throw APIError.invalid("n", "n must be 1 with streaming, not \(count).") }
        let topLogprobs = try ChatRequest.topLogprobs(&reader)
        let options = try ChatRequest.options(&reader, in: context), tools: ToolSet
        (tools, callsAreFunctions) = try ToolFields.read(&reader)

        let sampling = try SamplingFields.read(&reader, defaults: context.configuration.sampling)
        try UnsupportedFields.check(&reader)
        let maxTokens = try GenerationFields.maxTokens(&reader, "max_completion_tokens", "max_tokens", "max_new_tokens")
        var request = try GenerationFields.read(
            &reader, sampling: sampling, maxTokens: maxTokens,
            defaultMaxTokens: context.configuration.defaultMaxTokens, in: context)
        request.topLogprobs = topLogprobs
        if request.sessionID != nil, count > 1 {
            throw APIError.invalid("session_id", "session_id goes with a single text.")
        }
        if let topLogprobs, !stream.isOn {
            try context.checkScores(
                texts: count, maxTokens: request.maxTokens, alternatives: topLogprobs, field: "top_logprobs")
        }
        conversation = Conversation(
            messages: messages, continuesLast: continuesLast, options: options, tools: tools, request: request, body: body)
        context.once.noteUnknownFields(reader.unknownNames)
    }

    private static func continuesLast(
        _ reader: inout FieldReader, _ messages: [ChatMessage]
    ) throws(APIError) -> Bool {
        guard try reader.bool("continue_") == true else { return false }
        guard messages.last?.role == .assistant else {
            throw APIError.invalid("continue_", "continue_ needs a last message of the assistant to go on with.")
        }
        return true
    }

    private static func topLogprobs(_ reader: inout FieldReader) throws(APIError) -> Int? {
        let count = try reader.int("top_logprobs", in: 0...maximumTopLogprobs)
        let isOn = try reader.bool("logprobs") ?? false
        if let count, count > 0, !isOn {
            throw APIError.invalid("top_logprobs", "top_logprobs goes only with logprobs: true.")
        }
        return isOn ? count ?? defaultTopLogprobs : nil
    }

    /// Only instruct chats, where characters and their like mean nothing.
    private static func options(
        _ reader: inout FieldReader, in context: EndpointContext
    ) throws(APIError) -> ChatOptions {
        if let mode = try reader.string("mode"), mode != "instruct" {
            throw APIError.unsupported("mode", neutral: "\"instruct\"")
        }
        if let name = try reader.value("instruction_template"), name != "" {
            throw APIError.unsupported("instruction_template", neutral: "null")
        }
        reader.skip(
            "character", "name1", "name2", "bot_name", "user_name", "context", "greeting", "user_bio",
            "chat_instruct_command")
        var options = ChatOptions()
        if let source = try reader.string("instruction_template_str", "chat_template_str"), !source.isEmpty {
            // A template is a program, if a tame one.
            try context.requireAdmin()
            options.template = source
        }
        if let value = try reader.bool("enable_thinking") { (options.enablesThinking, options.thinking) = (value, value) }
        if let value = try reader.string("reasoning_effort") {
            options.reasoningEffort = value
            if value == "none" { (options.enablesThinking, options.thinking) = (false, false) }
        }
        // How clients of other servers reach a template.
        if let values = try reader.object("chat_template_kwargs") {
            options.variables = values
            if let value = values["enable_thinking"]?.boolValue { (options.enablesThinking, options.thinking) = (value, value) }
        }
        return options
    }
}
