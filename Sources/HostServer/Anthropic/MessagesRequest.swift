import HostCore
import HostGeneration
import HostTemplates

/// The body of `/v1/messages`. Members that the host does not know are passed over, as clients of this dialect send new
/// ones all the time.
///
/// - Source: Anthropic's API reference, "Messages".
struct MessagesRequest: Sendable {
    /// The model as the client named it, which is what it gets back.
    let name: String?
    let model: String?
    let conversation: Conversation
    /// The client's own stop strings, of which the answer names the one that ended it.
    let stops: [String]
    let stream: StreamFields

    /// - Parameter isGenerated: whether an answer is wanted, and not only the length of the prompt.
    init(_ reader: inout FieldReader, in context: EndpointContext, isGenerated: Bool = true) throws(APIError) {
        let body = try context.bodyForExtensions(reader)
        name = try reader.string("model")
        model = try reader.modelName()
        let maxTokens = try reader.int("max_tokens", in: 1...Int.max)
        if isGenerated, maxTokens == nil { throw APIError.invalid("max_tokens", "max_tokens is missing.") }
        guard let list = try reader.array("messages") else { throw APIError.invalid("messages", "messages is missing.") }
        let messages = try MessagesContent.system(try reader.value("system")) + MessagesContent.messages(list)
        guard messages.contains(where: { $0.role != .system }) else {
            throw APIError.invalid("messages", "messages must not be empty.")
        }
        let thinking = try reader.object("thinking"), tools = try MessagesTools.read(&reader) { context.once.warning($0) }
        stops = try MessagesRequest.stops(&reader)
        stream = try StreamFields(&reader)
        var sampling = try SamplingFields.read(&reader, defaults: context.configuration.sampling)
        if let form = try MessagesRequest.form(&reader) { (sampling.constraint, sampling.constraintField) = (form.constraint, form.field) }
        var request = try GenerationFields.read(
            &reader, sampling: sampling, maxTokens: maxTokens,
            defaultMaxTokens: context.configuration.defaultMaxTokens, in: context)
        request.stopStrings += stops.filter { !request.stopStrings.contains($0) }
        var options = context.configuration.chatOptions
        switch thinking?["type"] {
        case "enabled": options.thinking = true
        case "disabled": (options.enablesThinking, options.thinking) = (false, false)
        default: break
        }
        // An answer that the client has begun is gone on with.
        let last = messages[messages.count - 1]
        conversation = Conversation(
            turn: ChatTurn(
                messages, continuesLast: last.role == .assistant && last.toolCalls.isEmpty, options: options, tools: tools),
            request: request, body: body)
        context.once.noteUnknownFields(reader.unknownNames)
    }

    /// `output_config.format`, and `output_format` as it was called before.
    private static func form(_ reader: inout FieldReader) throws(APIError) -> (constraint: OutputConstraint, field: String)? {
        let config = try reader.object("output_config"), older = try reader.object("output_format")
        for (field, format) in [("output_config", config?["format"]?.objectValue), ("output_format", older)] {
            if let format, let constraint = try ConstraintFields.textFormat(format, field: field) { return (constraint, field) }
        }
        return nil
    }

    private static func stops(_ reader: inout FieldReader) throws(APIError) -> [String] {
        let values = try reader.array("stop_sequences") ?? []
        guard values.count <= RequestCheck.maxStopStrings else {
            throw APIError.invalid(
                "stop_sequences",
                "stop_sequences has \(values.count) entries; at most \(RequestCheck.maxStopStrings) are allowed.")
        }
        var stops: [String] = []
        for value in values {
            guard let text = value.stringValue, text.utf8.count <= RequestCheck.maxStopBytes else {
                throw APIError.invalid(
                    "stop_sequences",
                    "stop_sequences must hold strings of at most \(RequestCheck.maxStopBytes) bytes.")
            }
            if !text.isEmpty { stops.append(text) }
        }
        return stops
    }
}

/// `tools` and `tool_choice` of `/v1/messages`.
enum MessagesTools {
    /// - Parameter warn: called for tools that the host cannot offer, which are left out.
    static func read(_ reader: inout FieldReader, warn: (String) -> Void) throws(APIError) -> ToolSet {
        var set = ToolSet()
        for (index, value) in try ToolFields.values(&reader, "tools").enumerated() {
            // Tools that Anthropic runs itself have a type of their own, and no schema.
            if let type = value["type"]?.stringValue, type != "custom" {
                warn("a tool of type \(Log.escaped(String(type.prefix(40)))) is not offered to the model: only custom ones are")
                continue
            }
            let tool = try ToolFields.tool(value, name: "tools[\(index)]", field: "tools", schema: "input_schema")
            try set.add(tool, field: "tools")
        }
        guard let choice = try reader.object("tool_choice") else { return set }
        set.allowsSeveral = choice["disable_parallel_tool_use"] != true
        switch choice["type"] {
        case "auto": break
        case "none": set.tools = []
        case "any":
            guard !set.tools.isEmpty else {
                throw APIError.invalid("tool_choice", "tool_choice is any, but there are no tools.")
            }
            set.choice = .required
        case "tool": try set.choose(choice["name"]?.stringValue ?? "", field: "tool_choice")
        default: throw APIError.invalid("tool_choice", "tool_choice.type must be auto, any, tool or none.")
        }
        return set
    }
}
