import HostCore

/// The body of `/v1/responses`, read and checked as far as that goes without a model.
///
/// - Source: OpenAI's API reference, "Responses".
struct ResponsesRequest: Sendable {
    let model: String?
    /// The items of this request alone, as they came.
    let items: [JSONValue]
    /// The turns of this request, without those of a response that it goes on from.
    let messages: [ChatMessage]
    let instructions: String?
    /// A response whose conversation goes on.
    let previous: String?
    /// Whether the response can be asked for later, and gone on from.
    let isStored: Bool
    let options: ChatOptions
    let tools: ToolSet
    let request: GenerationRequest
    let stream: StreamFields
    let body: JSONObject
    /// What the response repeats of the request.
    let repeated: JSONObject

    init(_ reader: inout FieldReader, in context: EndpointContext) throws(APIError) {
        body = try context.bodyForExtensions(reader)
        model = try reader.modelName()
        instructions = try reader.string("instructions")
        previous = try reader.string("previous_response_id")
        isStored = try reader.bool("store") ?? true
        if try reader.bool("background") == true { throw APIError.unsupported("background", neutral: "false") }
        if try reader.value("conversation") != nil { throw APIError.unsupported("conversation", neutral: "null") }
        items = try ResponsesInput.items(try reader.value("input"), mayBeEmpty: previous != nil)
        messages = try ResponsesInput.messages(items) { context.once.warning($0) }
        let toolValues = try reader.value("tools"), choice = try reader.value("tool_choice")
        tools = try ResponsesTools.read(&reader) { context.once.warning($0) }
        stream = try StreamFields(&reader)
        var options = ChatOptions()
        let reasoning = try reader.object("reasoning") ?? JSONObject()
        if let effort = reasoning["effort"]?.stringValue {
            options.reasoningEffort = effort
            if effort == "none" { (options.enablesThinking, options.thinking) = (false, false) }
        }
        self.options = options
        var sampling = try SamplingFields.read(&reader, defaults: context.configuration.sampling)
        let text = try reader.object("text") ?? JSONObject()
        if let format = text["format"]?.objectValue {
            sampling.constraint = try ConstraintFields.textFormat(format) ?? sampling.constraint
        }
        let maxTokens = try reader.int("max_output_tokens", in: 1...Int.max)
        let alternatives = try reader.int("top_logprobs", in: 0...ChatRequest.maximumTopLogprobs) ?? 0
        var request = try GenerationFields.read(
            &reader, sampling: sampling, maxTokens: maxTokens,
            defaultMaxTokens: context.configuration.defaultMaxTokens, in: context)
        let include = try reader.array("include") ?? []
        if include.contains("message.output_text.logprobs") { request.topLogprobs = alternatives }
        self.request = request
        let truncation = try reader.string("truncation") ?? "disabled"
        let metadata = try reader.value("metadata")
        repeated = JSONObject([
            ("instructions", instructions.map(JSONValue.string) ?? .null),
            ("max_output_tokens", maxTokens.map(JSONValue.integer) ?? .null), ("metadata", metadata ?? [:]),
            ("parallel_tool_calls", .bool(tools.allowsSeveral)),
            ("previous_response_id", previous.map(JSONValue.string) ?? .null),
            ("reasoning", ["effort": reasoning["effort"] ?? .null, "summary": reasoning["summary"] ?? .null]),
            ("store", .bool(isStored)), ("temperature", .number(sampling.temperature)),
            ("text", ["format": text["format"] ?? ["type": "text"]]), ("tool_choice", choice ?? "auto"),
            ("tools", toolValues ?? []), ("top_logprobs", .integer(alternatives)), ("top_p", .number(sampling.topP)),
            ("truncation", .string(truncation)),
        ])
        reader.skip("user", "service_tier", "prompt_cache_key", "safety_identifier", "client_metadata", "max_tool_calls")
        context.once.noteUnknownFields(reader.unknownNames)
    }

    /// The conversation after what came before it.
    func conversation(after earlier: [ChatMessage]) -> Conversation {
        // Instructions hold for this response alone; those of the one before are not carried on.
        let first = instructions.map { $0.isEmpty ? [] : [ChatMessage(.system, $0)] } ?? []
        return Conversation(
            messages: first + earlier + messages, options: options, tools: tools, request: request, body: body)
    }
}

/// `tools` and `tool_choice` of `/v1/responses`.
enum ResponsesTools {
    /// - Parameter warn: told of tools that the host cannot offer; they are left out, as clients send them unasked.
    static func read(_ reader: inout FieldReader, warn: (String) -> Void) throws(APIError) -> ToolSet {
        let values = try reader.array("tools") ?? []
        guard values.count <= ToolFields.maximumTools else {
            throw APIError.invalid(
                "tools", "tools has \(values.count) entries; at most \(ToolFields.maximumTools) are allowed.")
        }
        var set = ToolSet()
        for (index, value) in values.enumerated() {
            guard let type = value["type"]?.stringValue else {
                throw APIError.invalid("tools", "tools[\(index)].type is missing.")
            }
            guard type == "function" else {
                warn("a tool of type \(Log.escaped(String(type.prefix(40)))) is not offered to the model: only functions are")
                continue
            }
            set.tools.append(try ToolFields.tool(value, name: "tools[\(index)]", field: "tools"))
        }
        set.allowsSeveral = try reader.bool("parallel_tool_calls") ?? true
        guard let choice = try reader.value("tool_choice"), choice != "auto" else { return set }
        switch (choice.stringValue ?? choice["type"]?.stringValue, choice["name"]?.stringValue) {
        case ("none", _): set.tools = []
        case ("required", _) where !set.tools.isEmpty: set.choice = .required
        case ("function", let name?): try set.choose(name, field: "tool_choice")
        // A choice among tools that were left out leaves it to the model.
        case ("required", _), ("allowed_tools", _): break
        default:
            throw APIError.invalid(
                "tool_choice", "tool_choice must be \"none\", \"auto\", \"required\" or name a function.")
        }
        return set
    }
}
