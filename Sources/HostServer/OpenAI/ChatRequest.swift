import HostCore
import HostTemplates

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
        let continuesLast = try ChatRequest.continuesLast(&reader, messages, marked: ChatRequest.marksBeginning(list))
        let begun = try ChatRequest.begunTokens(&reader, continuesLast: continuesLast)
        if begun != nil {
            messages.removeLast()
        } else if continuesLast, messages[messages.count - 1].content.isEmpty,
            let thought = list.arrayValue?.last?["reasoning_content"]?.stringValue, !thought.isEmpty
        {
            messages[messages.count - 1].content = "<think>\n\(thought)"
        }
        stream = try StreamFields(&reader)
        count = try reader.int("n", "n_cmpl", "num_return_sequences", in: 1...Choices.maximum) ?? 1
        if stream.isOn, count > 1 { throw APIError.invalid("n", "n must be 1 with streaming, not \(count).") }
        let topLogprobs = try ChatRequest.topLogprobs(&reader)
        let options = try ChatRequest.options(&reader, in: context), tools: ToolSet
        (tools, callsAreFunctions) = try ToolFields.read(&reader)
        if options.character != nil, !tools.tools.isEmpty {
            throw APIError.invalid("tools", "tools go only with the mode instruct; a character has none.")
        }

        let sampling = try SamplingFields.read(&reader, defaults: context.configuration.sampling)
        try UnsupportedFields.check(&reader)
        let maxTokens = try GenerationFields.maxTokens(&reader)
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
            turn: ChatTurn(messages, continuesLast: continuesLast && begun == nil, options: options, tools: tools),
            begunTokens: begun ?? [], request: request, body: body)
        context.once.noteUnknownFields(reader.unknownNames)
    }

    private static func continuesLast(
        _ reader: inout FieldReader, _ messages: [ChatMessage], marked: Bool
    ) throws(APIError) -> Bool {
        let asks = try reader.bool("add_generation_prompt")
        for name in ["continue_", "continue_final_message"] where try reader.bool(name) == true {
            guard messages.last?.role == .assistant else {
                throw APIError.invalid(name, "\(name) needs a last message of the assistant to go on with.")
            }
            return true
        }
        if marked, messages.last?.role == .assistant { return true }
        if asks == false {
            throw APIError.invalid(
                "add_generation_prompt", "add_generation_prompt: false requires continue_final_message: true.")
        }
        return false
    }

    /// Whether the last message says itself that it is the beginning of the answer: `prefix` of DeepSeek and Mistral,
    /// `partial` of Moonshot.
    private static func marksBeginning(_ messages: JSONValue) -> Bool {
        let last = messages.arrayValue?.last
        return last?["prefix"] == true || last?["partial"] == true
    }

    /// The very tokens that the last message begins with; its text then does not count.
    private static func begunTokens(
        _ reader: inout FieldReader, continuesLast: Bool
    ) throws(APIError) -> [TokenID]? {
        guard let values = try reader.array("continue_token_ids"), !values.isEmpty else { return nil }
        guard continuesLast else {
            throw APIError.invalid("continue_token_ids", "continue_token_ids requires continue_: true.")
        }
        return try TokenList.read(values, field: "continue_token_ids")
    }

    private static func topLogprobs(_ reader: inout FieldReader) throws(APIError) -> Int? {
        let count = try reader.int("top_logprobs", in: 0...maximumTopLogprobs)
        let isOn = try reader.bool("logprobs") ?? false
        if let count, count > 0, !isOn {
            throw APIError.invalid("top_logprobs", "top_logprobs requires logprobs: true.")
        }
        return isOn ? count ?? defaultTopLogprobs : nil
    }

    private static func options(
        _ reader: inout FieldReader, in context: EndpointContext
    ) throws(APIError) -> ChatOptions {
        var options = context.configuration.chatOptions
        options.character = try CharacterFields.read(&reader, in: context)
        try TemplateFields.read(&reader, into: &options, in: context)
        try ThinkingFields.read(&reader, into: &options)
        try TemplateFields.readVariables(&reader, into: &options)
        return options
    }
}
