import HostCore

/// The keywords of JSON Schema that this host knows, by what they speak of.
enum SchemaKeywords {
    /// They say nothing about which values fit.
    static let annotations: Set<String> = [
        "title", "description", "default", "examples", "example", "deprecated", "readOnly", "writeOnly", "$schema",
        "$id", "$comment", "$defs", "definitions", "discriminator", "contentMediaType", "contentEncoding",
    ]
    /// Handled before a type is looked at.
    static let general: Set<String> = ["type", "enum", "const", "anyOf", "oneOf", "allOf", "$ref", "nullable"]

    /// The keywords that only speak of values of one type.
    static let ofType: [String: Set<String>] = [
        "object": ["properties", "required", "additionalProperties"],
        "array": ["items", "prefixItems", "additionalItems", "minItems", "maxItems", "uniqueItems"],
        "string": ["minLength", "maxLength", "pattern", "format"],
        "number": ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"],
    ]

    /// In the order in which values are offered where a schema names no type.
    static let types = ["object", "array", "string", "number", "integer", "boolean", "null"]

    static func isAnnotation(_ name: String) -> Bool { annotations.contains(name) || name.hasPrefix("x-") }

    /// Refuses what nobody here would honour.
    static func check(_ schema: JSONObject, at path: String) throws(ConstraintProblem) {
        for name in schema.keys where !isAnnotation(name) && !general.contains(name) {
            guard ofType.values.contains(where: { $0.contains(name) }) else {
                throw ConstraintProblem(
                    "schema, \(path): the keyword \"\(name.prefix(60))\" is not supported",
                    advice: "Leave it out, and check the answer for it yourself.")
            }
        }
    }

    /// The types that a schema names, or those that its keywords speak of; nil when it says nothing.
    static func types(of schema: JSONObject, at path: String) throws(ConstraintProblem) -> [String]? {
        guard let value = schema["type"] else {
            let spoken = ["object", "array", "string", "number"].filter { type in
                schema.keys.contains { ofType[type, default: []].contains($0) }
            }
            return spoken.isEmpty ? nil : spoken
        }
        let names = value.stringValue.map { [$0] } ?? value.arrayValue?.compactMap(\.stringValue) ?? []
        guard !names.isEmpty, names.count == value.arrayValue?.count ?? 1, names.allSatisfy(types.contains) else {
            throw ConstraintProblem(
                "schema, \(path): \"type\" must be one or more of \(types.joined(separator: ", "))")
        }
        return names
    }

    /// The type of a value, in the words of JSON Schema; a whole number is an integer.
    static func type(of value: JSONValue) -> String {
        switch value {
        case .null: "null"
        case .bool: "boolean"
        case .integer, .number, .float32: value.intValue == nil ? "number" : "integer"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }

    static func type(_ name: String, holds value: JSONValue) -> Bool {
        let type = type(of: value)
        return name == type || (name == "number" && type == "integer")
    }
}

extension JSONObject {
    /// A keyword that must be a whole number from 0 up.
    func count(_ name: String, at path: String) throws(ConstraintProblem) -> Int? {
        guard let value = self[name] else { return nil }
        guard let count = value.intValue, count >= 0 else {
            throw ConstraintProblem("schema, \(path): \"\(name)\" must be a whole number from 0 up")
        }
        guard count <= ConstraintLimits.repeats else {
            throw ConstraintProblem(
                "schema, \(path): \"\(name)\" is \(count); at most \(ConstraintLimits.repeats) is supported")
        }
        return count
    }

    func without(_ names: String...) -> JSONObject {
        var object = self
        for name in names { object[name] = nil }
        return object
    }
}
