import HostCore

/// Reads the fields that say what form the text must have; a request may have one of them.
///
/// `grammar_string` is text-generation-webui's, `response_format` OpenAI's, `json_schema` and `grammar` llama.cpp's,
/// the `guided_` ones are vLLM's. What stands in a grammar, schema or expression is checked when the text is asked for.
enum ConstraintFields {
    /// More than any grammar or schema that can be compiled.
    private static let maximumBytes = 256 << 10

    static func read(_ reader: inout FieldReader) throws(APIError) -> OutputConstraint? {
        var found: [(name: String, constraint: OutputConstraint)] = []
        for name in ["grammar_string", "grammar", "guided_grammar"] {
            if let text = try reader.string(name), !text.isEmpty { found.append((name, .grammar(text))) }
        }
        for name in ["regex", "guided_regex"] {
            if let text = try reader.string(name), !text.isEmpty { found.append((name, .regex(text))) }
        }
        for name in ["json_schema", "guided_json"] {
            guard let value = try reader.value(name), value != "", value != [:] else { continue }
            found.append((name, .jsonSchema(try schema(value, field: name))))
        }
        if let format = try reader.object("response_format"), let constraint = try responseFormat(format) {
            found.append(("response_format", constraint))
        }
        if found.count > 1 {
            throw APIError.invalid(
                found[1].name, "\(found[1].name) does not go with \(found[0].name); a text has one form.")
        }
        return found.first?.constraint
    }

    private static func responseFormat(_ format: JSONObject) throws(APIError) -> OutputConstraint? {
        let name = "response_format"
        switch format["type"] {
        case "text": return nil
        case "json_object":
            guard let schema = format["schema"], !schema.isNull else { return .jsonObject }
            return .jsonSchema(try self.schema(schema, field: name))
        case "json_schema":
            // `strict` makes no difference: a schema is always kept, or refused.
            guard let wrapper = format["json_schema"]?.objectValue, let schema = wrapper["schema"] else {
                throw APIError.invalid(name, "\(name) of type json_schema needs json_schema.schema.")
            }
            return .jsonSchema(try self.schema(schema, field: name))
        default:
            throw APIError.invalid(name, "\(name).type must be text, json_object or json_schema.")
        }
    }

    /// `text.format` of Responses, where the schema lies beside its type.
    static func textFormat(_ format: JSONObject) throws(APIError) -> OutputConstraint? {
        switch format["type"] {
        case nil, "text": return nil
        case "json_object": return .jsonObject
        case "json_schema":
            guard let schema = format["schema"] else {
                throw APIError.invalid("text", "text.format of type json_schema needs schema.")
            }
            return .jsonSchema(try self.schema(schema, field: "text"))
        default: throw APIError.invalid("text", "text.format.type must be text, json_object or json_schema.")
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
