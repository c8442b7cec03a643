import HostCore

/// Reads the fields that say what form the text must have; a request may have one of them.
///
/// `grammar_string` is text-generation-webui's, `response_format` OpenAI's, `json_schema` and `grammar` llama.cpp's,
/// the `guided_` ones are vLLM's, `format` is Ollama's. What stands in a grammar, schema or expression is checked when the text is asked for.
enum ConstraintFields {
    /// More than any grammar or schema that can be compiled.
    private static let maximumBytes = 256 << 10

    /// - Returns: the form and the field that it was given in; nil where there is none.
    static func read(_ reader: inout FieldReader) throws(APIError) -> (field: String, constraint: OutputConstraint)? {
        var found: [(field: String, constraint: OutputConstraint)] = []
        for name in ["grammar_string", "grammar", "guided_grammar", "ebnf"] {
            guard let value = try reader.value(name), value != "" else { continue }
            found.append((name, try grammar(value, field: name)))
        }
        for name in ["regex", "guided_regex", "regex_pattern"] {
            if let text = try reader.string(name), !text.isEmpty { found.append((name, .regex(text))) }
        }
        if let value = try reader.value("guided_choice"), value != [] {
            found.append(("guided_choice", try choice(value, field: "guided_choice")))
        }
        if let outputs = try reader.object("structured_outputs"), let constraint = try structured(outputs) {
            found.append(("structured_outputs", constraint))
        }
        for name in ["json_schema", "guided_json"] {
            guard let value = try reader.value(name), value != "", value != [:] else { continue }
            found.append((name, .jsonSchema(try schema(value, field: name))))
        }
        // Ollama's.
        if let value = try reader.value("format"), value != "" {
            found.append(("format", value == "json" ? .jsonObject : .jsonSchema(try schema(value, field: "format"))))
        }
        if let format = try reader.object("response_format"), let constraint = try responseFormat(format) {
            found.append(("response_format", constraint))
        }
        if found.count > 1 {
            throw APIError.invalid(
                found[1].field, "\(found[1].field) does not go with \(found[0].field); a text has one form.")
        }
        return found.first
    }

    /// A grammar as text; or text-generation-inference's object, which says what it holds.
    private static func grammar(_ value: JSONValue, field: String) throws(APIError) -> OutputConstraint {
        if let text = value.stringValue { return .grammar(text) }
        guard let type = value["type"]?.stringValue, let content = value["value"] else {
            throw APIError.invalid(field, "\(field) must be a string, not \(value.kind).", code: "invalid_type")
        }
        switch (type, content.stringValue) {
        case ("json", _), ("json_schema", _): return .jsonSchema(try schema(content["schema"] ?? content, field: field))
        case ("regex", let text?): return .regex(text)
        default: throw APIError.invalid(field, "\(field).type must be json, json_schema or regex.")
        }
    }

    /// One of these texts.
    private static func choice(_ value: JSONValue, field: String) throws(APIError) -> OutputConstraint {
        let texts = value.arrayValue?.compactMap(\.stringValue) ?? []
        guard !texts.isEmpty, texts.count == value.arrayValue?.count else {
            throw APIError.invalid(field, "\(field) must be a list of texts.", code: "invalid_type")
        }
        let special = #"\^$.|?*+()[]{}/"#
        let choices = texts.map { text in
            text.unicodeScalars.map { special.unicodeScalars.contains($0) ? "\\\($0)" : "\($0)" }.joined()
        }
        return .regex("(?:\(choices.joined(separator: "|")))")
    }

    /// vLLM's one object for all forms.
    private static func structured(_ outputs: JSONObject) throws(APIError) -> OutputConstraint? {
        let field = "structured_outputs"
        var found: [OutputConstraint] = []
        for (name, value) in outputs.members where !value.isNull {
            switch name {
            case "json": found.append(.jsonSchema(try schema(value, field: field)))
            case "json_object" where value == true: found.append(.jsonObject)
            case "regex", "grammar":
                guard let text = value.stringValue else {
                    throw APIError.invalid(field, "\(field).\(name) must be a string, not \(value.kind).", code: "invalid_type")
                }
                found.append(name == "regex" ? .regex(text) : .grammar(text))
            case "choice": found.append(try choice(value, field: "\(field).choice"))
            case "disable_fallback": continue
            case _ where value == false: continue
            default: throw APIError.invalid(field, "\(field).\(name.prefix(40)) is not supported; there are json, regex, grammar and choice.")
            }
        }
        guard found.count <= 1 else { throw APIError.invalid(field, "\(field) holds several forms; a text has one form.") }
        return found.first
    }

    private static func responseFormat(_ format: JSONObject) throws(APIError) -> OutputConstraint? {
        let name = "response_format"
        switch format["type"] {
        case "text": return nil
        case "json_object", "json":
            guard let schema = formatSchema(format) else { return .jsonObject }
            return .jsonSchema(try self.schema(schema, field: name))
        case "json_schema":
            // `strict` makes no difference: a schema is always kept, or refused.
            guard let schema = formatSchema(format) else {
                throw APIError.invalid(name, "\(name) of type json_schema needs json_schema.schema.")
            }
            return .jsonSchema(try self.schema(schema, field: name))
        case "regex":
            guard let pattern = (format["pattern"] ?? format["value"])?.stringValue else {
                throw APIError.invalid(name, "\(name) of type regex needs pattern.")
            }
            return .regex(pattern)
        case "grammar":
            guard let grammar = format["grammar"]?.stringValue else {
                throw APIError.invalid(name, "\(name) of type grammar needs grammar, a text in GBNF.")
            }
            return .grammar(grammar)
        default:
            throw APIError.invalid(name, "\(name).type must be text, json_object, json_schema, regex or grammar.")
        }
    }

    /// The schema of a `response_format`, wherever a dialect puts it: OpenAI's, llama.cpp's, text-generation-inference's.
    private static func formatSchema(_ format: JSONObject) -> JSONValue? {
        format["json_schema"]?["schema"]?.present ?? format["schema"]?.present ?? format["value"]?.present
    }

    /// `text.format` of Responses and `output_config.format` of Messages, where the schema lies beside its type.
    static func textFormat(_ format: JSONObject, field: String) throws(APIError) -> OutputConstraint? {
        switch format["type"] {
        case nil, "text": return nil
        case "json_object": return .jsonObject
        case "json_schema":
            guard let schema = format["schema"] else {
                throw APIError.invalid(field, "\(field): the format json_schema needs schema.")
            }
            return .jsonSchema(try self.schema(schema, field: field))
        default: throw APIError.invalid(field, "\(field): the format's type must be text, json_object or json_schema.")
        }
    }

    /// A schema, or one written as a text.
    private static func schema(_ value: JSONValue, field: String) throws(APIError) -> JSONValue {
        var schema = value
        if let text = value.stringValue {
            guard text.utf8.count <= maximumBytes else {
                throw APIError.invalid(field, "\(field) has \(text.utf8.count) bytes; at most \(maximumBytes) are allowed.")
            }
            do {
                schema = try JSONValue(parsing: text, maximumDepth: 256)
            } catch {
                throw APIError.invalid(field, "\(field) is not valid JSON. \(error)")
            }
        }
        guard schema.objectValue != nil || schema.boolValue != nil else {
            throw APIError.invalid(field, "\(field) must be a JSON Schema, not \(schema.kind).", code: "invalid_type")
        }
        return schema
    }
}
