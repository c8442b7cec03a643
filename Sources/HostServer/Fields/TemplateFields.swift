import HostCore
import HostTemplates

/// Reads which template makes the prompt, by its source or by the name of one that is kept here.
enum TemplateFields {
    static func read(
        _ reader: inout FieldReader, into options: inout ChatOptions, in context: EndpointContext
    ) throws(APIError) {
        let ofChat = try reader.string("chat_template_str"), named = try named(&reader, in: context)
        for field in ["instruction_template_str", "chat_template"] where options.template == nil {
            guard let source = try reader.string(field), !source.isEmpty else { continue }
            (options.template, options.templateField) = (source, field)
        }
        if options.template == nil, options.character == nil, let ofChat, !ofChat.isEmpty {
            (options.template, options.templateField) = (ofChat, "chat_template_str")
        }
        if options.character != nil, let ofChat, !ofChat.isEmpty { options.character?.template = ofChat }
        // A template is a program, if a tame one; those that are kept here an admin has put here.
        if options.template != nil || options.character?.template != nil { try context.requireAdmin() }
        if options.template == nil, let named { (options.template, options.templateField) = (named, "instruction_template") }
    }

    /// What templates of some families look at beside the messages.
    static func readVariables(_ reader: inout FieldReader, into options: inout ChatOptions) throws(APIError) {
        for names in [["documents"], ["thinking_budget", "thinking_budget_tokens"], ["preserve_thinking"]] {
            guard let value = try reader.value(names) else { continue }
            reader.keepsValues = true
            options.variables[names[0]] = value
        }
        for (name, other) in [("name1", "user_name"), ("name2", "bot_name")] {
            if let text = try reader.string(other, name) { options.variables[name] = .string(text) }
        }
    }

    /// The template of a load, which goes with the model from then on.
    ///
    /// - Throws: 400 for one that cannot be read.
    static func ofLoad(_ reader: inout FieldReader, in context: EndpointContext) throws(APIError) -> String? {
        let named = try named(&reader, in: context)
        guard let source = try reader.string("instruction_template_str"), !source.isEmpty else { return named }
        do {
            _ = try ChatTemplate(source: source)
        } catch {
            throw APIError.invalid("instruction_template_str", error.description, code: "invalid_template")
        }
        return source
    }

    /// The source of a template that a request names; nil where it leaves the model its own, as `None` does.
    private static func named(_ reader: inout FieldReader, in context: EndpointContext) throws(APIError) -> String? {
        guard let name = try reader.string("instruction_template"), !name.isEmpty, name != "None" else { return nil }
        return try TemplateLibrary(context.configuration).template(named: name).source
    }
}
