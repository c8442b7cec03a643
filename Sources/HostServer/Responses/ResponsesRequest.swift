import HostCore
import HostTemplates

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
        if try reader.value("prompt") != nil { throw APIError.unsupported("prompt", neutral: "null") }
        if try reader.value("conversation") != nil { throw APIError.unsupported("conversation", neutral: "null") }
        items = try ResponsesInput.items(try reader.value("input"), mayBeEmpty: previous != nil)
        messages = try ResponsesInput.messages(items) { context.once.warning($0) }
        let toolValues = try reader.value("tools"), choice = try reader.value("tool_choice")
        tools = try ResponsesTools.read(&reader) { context.once.warning($0) }
        stream = try StreamFields(&reader)
        var options = context.configuration.chatOptions
        let reasoning = try reader.object("reasoning") ?? JSONObject()
        if let effort = reasoning["effort"]?.stringValue {
            options.reasoningEffort = effort
            if effort == "none" { (options.enablesThinking, options.thinking) = (false, false) }
        }
        self.options = options
        var sampling = try SamplingFields.read(&reader, defaults: context.configuration.sampling)
        let text = try reader.object("text") ?? JSONObject()
        if let format = text["format"]?.objectValue {
            if let constraint = try ConstraintFields.textFormat(format, field: "text") {
                (sampling.constraint, sampling.constraintField) = (constraint, "text")
            }
        }
        try UnsupportedFields.check(&reader)
        let maxTokens = try reader.int("max_output_tokens", "max_tokens", "max_completion_tokens", in: 1...Int.max)
        let alternatives = try reader.int("top_logprobs", in: 0...ChatRequest.maximumTopLogprobs) ?? 0
        var request = try GenerationFields.read(
            &reader, sampling: sampling, maxTokens: maxTokens,
            defaultMaxTokens: context.configuration.defaultMaxTokens, in: context)
        let include = try reader.array("include") ?? []
        if include.contains("message.output_text.logprobs") {
            request.topLogprobs = alternatives
            try context.checkScores(
                texts: 1, maxTokens: request.maxTokens, alternatives: alternatives, field: "top_logprobs")
        }
        self.request = request
        let truncation = try reader.string("truncation") ?? "disabled"
        let metadata = try ResponsesRequest.metadata(&reader)
        // Items, tools and what is repeated live as long as the request.
        reader.keepsValues = true
        repeated = JSONObject([
            ("instructions", instructions.map(JSONValue.string) ?? .null),
            ("max_output_tokens", maxTokens.map(JSONValue.integer) ?? .null), ("metadata", metadata),
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

    /// Up to 16 texts, as OpenAI has it.
    private static func metadata(_ reader: inout FieldReader) throws(APIError) -> JSONValue {
        let object = try reader.object("metadata") ?? JSONObject()
        guard object.count <= 16, object.members.allSatisfy({ ($0.value.stringValue?.utf8.count ?? .max) <= 2048 }) else {
            throw APIError.invalid("metadata", "metadata must hold at most 16 strings of at most 2048 bytes.")
        }
        return .object(object)
    }

    /// The conversation after what came before it.
    func conversation(after earlier: [ChatMessage]) -> Conversation {
        // Instructions hold for this response alone; those of the one before are not carried on.
        let first = instructions.map { $0.isEmpty ? [] : [ChatMessage(.system, $0)] } ?? []
        return Conversation(
            turn: ChatTurn(first + earlier + messages, options: options, tools: tools), request: request, body: body)
    }
}

/// `tools` and `tool_choice` of `/v1/responses`.
enum ResponsesTools {
    /// `{"type": "allowed_tools", "mode": …, "tools": […]}`: the model may call these alone.
    private static func allow(_ choice: JSONValue, _ set: inout ToolSet) throws(APIError) {
        let names = (choice["tools"]?.arrayValue ?? []).compactMap { $0["name"]?.stringValue }
        set.tools.removeAll { !names.contains($0.name) }
        if choice["mode"] == "required", !set.tools.isEmpty { set.choice = .required }
    }

    /// - Parameter warn: called for tools that the host cannot offer; they are left out, as clients send them unasked.
    static func read(_ reader: inout FieldReader, warn: (String) -> Void) throws(APIError) -> ToolSet {
        let values = try ToolFields.values(&reader, "tools")
        var set = ToolSet()
        for (index, value) in values.enumerated() {
            guard let type = value["type"]?.stringValue else {
                throw APIError.invalid("tools", "tools[\(index)].type is missing.")
            }
            guard type == "function" else {
                warn("a tool of type \(Log.escaped(String(type.prefix(40)))) is not offered to the model: only functions are")
                continue
            }
            try set.add(ToolFields.tool(value, name: "tools[\(index)]", field: "tools"), field: "tools")
        }
        set.allowsSeveral = try reader.bool("parallel_tool_calls") ?? true
        guard let choice = try reader.value("tool_choice"), choice != "auto" else { return set }
        switch (choice.stringValue ?? choice["type"]?.stringValue, choice["name"]?.stringValue) {
        case ("none", _): set.tools = []
        case ("required", _) where !set.tools.isEmpty: set.choice = .required
        case ("function", let name?): try set.choose(name, field: "tool_choice")
        case ("allowed_tools", _): try allow(choice, &set)
        // All of the tools were left out, which leaves it to the model.
        case ("required", _): break
        default:
            throw APIError.invalid(
                "tool_choice", "tool_choice must be \"none\", \"auto\", \"required\" or name a function.")
        }
        return set
    }
}
