import HostCore

/// The keywords of JSON Schema that this host knows, by what they speak of.
enum SchemaKeywords {
    /// They say nothing about which values fit.
    static let annotations: Set<String> = [
        "title", "description", "default", "examples", "example", "deprecated", "readOnly", "writeOnly", "$schema",
        "$id", "id", "$anchor", "$dynamicAnchor", "$vocabulary", "$comment", "$defs", "definitions", "discriminator",
        "contentMediaType", "contentEncoding", "contentSchema", "propertyOrdering", "strict", "externalDocs", "xml",
        "enumNames", "enumDescriptions", "markdownDescription", "errorMessage", "$recursiveAnchor",
    ]
    /// Handled before a type is looked at.
    static let general: Set<String> = [
        "type", "enum", "const", "anyOf", "oneOf", "allOf", "$ref", "nullable", "&choices", "&not",
    ]

    /// The keywords that only speak of values of one type.
    static let ofType: [String: Set<String>] = [
        "object": [
            "properties", "required", "additionalProperties", "patternProperties", "propertyNames", "minProperties",
            "maxProperties", "dependentRequired", "unevaluatedProperties",
        ],
        "array": [
            "items", "prefixItems", "additionalItems", "minItems", "maxItems", "uniqueItems", "unevaluatedItems",
            "contains", "minContains", "maxContains",
        ],
        "string": ["minLength", "maxLength", "pattern", "format", "&pattern", "&format"],
        "number": ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "&multipleOf"],
    ]

    /// What some draft demands and this host does not keep.
    private static let refused: Set<String> = [
        "dependentSchemas", "dependencies", "$dynamicRef", "$recursiveRef", "if", "then", "else", "not", "divisibleBy",
        "disallow", "extends",
    ]

    /// In the order in which values are offered where a schema names no type.
    static let types = ["object", "array", "string", "number", "integer", "boolean", "null"]

    static func isAnnotation(_ name: String) -> Bool { annotations.contains(name) || name.hasPrefix("x-") }

    /// Refuses what would not be honoured here.
    ///
    /// - Returns: names that no draft has, which are annotations by the specification.
    static func unknown(in schema: JSONObject, at path: String) throws(ConstraintProblem) -> [String] {
        var unknown: [String] = []
        for name in schema.keys where !isAnnotation(name) && !general.contains(name) {
            if ofType.values.contains(where: { $0.contains(name) }) { continue }
            guard !refused.contains(name) else {
                throw ConstraintProblem(
                    "schema, \(path): the keyword \"\(name)\" is not supported in this form",
                    advice: "Leave it out, and check the answer for it yourself.")
            }
            unknown.append(name)
        }
        return unknown
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

    // MARK: Spellings

    /// The same in the keywords that are used from here on: `&not` is a list of schemas of which none may hold,
    /// `&choices` a list of schemas that are an `anyOf` or a `oneOf`; what has a `&` before its name is the list of a
    /// keyword's further values that must hold, too.
    static func current(_ schema: JSONObject, at path: String) throws(ConstraintProblem) -> JSONObject {
        var result = schema
        // Draft 4 said only that a bound is exclusive.
        for (exclusive, inclusive) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
            guard let flag = result[exclusive]?.boolValue else { continue }
            result[exclusive] = flag ? result[inclusive] : nil
            if flag { result[inclusive] = nil }
        }
        // Draft 7 had two meanings for one name.
        if let dependencies = result["dependencies"]?.objectValue,
            dependencies.members.allSatisfy({ $0.value.arrayValue != nil }), result["dependentRequired"] == nil
        {
            result["dependentRequired"] = .object(dependencies)
            result["dependencies"] = nil
        }
        if let schema = result["not"] {
            result["&not"] = .array(result.list("&not") + [schema])
            result["not"] = nil
        }
        if let condition = result["if"] {
            var choices: [JSONValue] = []
            choices.append(["allOf": [condition, result["then"] ?? true]])
            choices.append(["allOf": [["not": condition], result["else"] ?? true]])
            if result["then"] != nil || result["else"] != nil {
                result["&choices"] = .array(result.list("&choices") + [["anyOf": .array(choices)]])
            }
        }
        for name in ["if", "then", "else"] { result[name] = nil }
        if result["minContains"] == 1 || result["contains"] == nil { result["minContains"] = nil }
        if result["contains"] == nil { result["maxContains"] = nil }
        return result
    }

    /// A part of `allOf`, which sees only its own properties and items as evaluated.
    static func closed(_ schema: JSONObject) -> JSONObject {
        var result = schema
        for (own, plain) in [("unevaluatedProperties", "additionalProperties"), ("unevaluatedItems", "items")] {
            guard let value = result[own] else { continue }
            result[own] = nil
            if result[plain] == nil { result[plain] = value }
        }
        return result
    }
}

extension JSONObject {
    /// A keyword that must be a whole number from 0 up, as a lower bound.
    func least(_ name: String, at path: String) throws(ConstraintProblem) -> Int {
        let count = try count(name, at: path) ?? 0
        guard count <= ConstraintLimits.repeats else {
            throw ConstraintProblem(
                "schema, \(path): \"\(name)\" is \(count); at most \(ConstraintLimits.repeats) is supported")
        }
        return count
    }

    /// The same as an upper bound; nothing is repeated more often than the host allows.
    func most(_ name: String, at path: String) throws(ConstraintProblem) -> Int? {
        try count(name, at: path).map { min($0, ConstraintLimits.repeats) }
    }

    private func count(_ name: String, at path: String) throws(ConstraintProblem) -> Int? {
        guard let value = self[name] else { return nil }
        let number = value.doubleValue ?? -1
        guard number >= 0, number == number.rounded() else {
            throw ConstraintProblem("schema, \(path): \"\(name)\" must be a whole number from 0 up")
        }
        return Int(min(number, 1e15))
    }

    func without(_ names: String...) -> JSONObject {
        var object = self
        for name in names { object[name] = nil }
        return object
    }

    /// What is listed under a name, nothing where there is no such list.
    func list(_ name: String) -> [JSONValue] { self[name]?.arrayValue ?? [] }
}
