import HostCore

/// `not`, and what depends on a property being there: rewritten as choices of what may be instead.
extension SchemaCompiler {
    /// The schema with one of the excluded schemas less.
    ///
    /// - Returns: nil where all that is left excludes strings, by value or by pattern.
    /// - Throws: where an excluded schema has no simple opposite.
    mutating func without(
        _ excluded: [JSONValue], _ schema: JSONObject, at path: String
    ) throws(ConstraintProblem) -> JSONValue? {
        for (number, item) in excluded.enumerated() {
            var rest = schema
            let others = excluded.enumerated().filter { $0.offset != number }.map(\.element)
            rest["&not"] = others.isEmpty ? JSONValue?.none : JSONValue.array(others)
            if let flag = item.boolValue { return flag ? false : .object(rest) }
            guard let object = item.objectValue else {
                throw ConstraintProblem("schema, \(path): \"not\" must be a schema")
            }
            let opposite = Opposite(
                of: try flattened(object, at: path), beside: rest,
                types: try SchemaKeywords.types(of: schema, at: path) ?? SchemaKeywords.types.filter { $0 != "integer" })
            switch opposite.result {
            case .schema(let value): return value
            case .kept(let item):
                let all = [item] + others
                // Every value that is not a string fits, so that the types must be named.
                if schema["type"] == nil || excluded[number] != item {
                    rest["type"] = .array(opposite.types.map { .string($0) })
                    rest["&not"] = .array(all)
                    return .object(rest)
                }
            case .unknown:
                throw ConstraintProblem(
                    "schema, \(path): the keyword \"not\" is not supported in this form",
                    advice: "Leave it out, and check the answer for it yourself.")
            }
        }
        return nil
    }

    /// The schema as a choice between objects without a property and objects with what goes with it.
    ///
    /// - Returns: nil where nothing depends on a property.
    func dependencies(of schema: JSONObject, at path: String) throws(ConstraintProblem) -> JSONValue? {
        guard let value = schema["dependentRequired"] else { return nil }
        guard let names = value.objectValue, names.count <= 8, names.members.allSatisfy({ $0.value.arrayValue != nil })
        else {
            throw ConstraintProblem(
                "schema, \(path): \"dependentRequired\" must be an object of at most 8 lists of names")
        }
        var rest = schema.without("dependentRequired")
        guard let (key, needed) = names.members.first else { return .object(rest) }
        if names.count > 1 { rest["dependentRequired"] = .object(names.without(key)) }
        let required = schema.list("required")
        var with = rest
        with["required"] = .array(required + ([.string(key)] + (needed.arrayValue ?? [])).filter { !required.contains($0) })
        if required.contains(.string(key)) { return .object(with) }
        return ["anyOf": [Opposite.absent(key, rest), .object(with)]]
    }
}

/// What may be where a schema must not hold.
private struct Opposite {
    enum Result {
        case schema(JSONValue)
        /// Strings are distinguished when they are written.
        case kept(JSONValue)
        case unknown
    }

    private(set) var result = Result.unknown
    /// The types that a value may have anyway.
    let types: [String]
    private let rest: JSONObject

    init(of excluded: JSONObject, beside rest: JSONObject, types: [String]) {
        self.types = types
        self.rest = rest
        let names = excluded.keys.filter { !SchemaKeywords.isAnnotation($0) }
        let others = names.filter { $0 != "type" }
        if names.isEmpty {
            result = .schema(false)
        } else if names == ["type"] {
            result = withoutTypes(excluded["type"] ?? [])
        } else if let values = SchemaMerge.values(of: excluded), others.allSatisfy(["enum", "const"].contains) {
            result = withoutValues(values)
        } else if others == ["&not"], names.count == 1, excluded.list("&not").count == 1 {
            result = .schema(["allOf": .array([.object(rest)] + excluded.list("&not"))])
        } else if others == ["anyOf"], names.count == 1 {
            var without = rest
            without["&not"] = .array(rest.list("&not") + excluded.list("anyOf"))
            result = .schema(.object(without))
        } else if others.count == 1, let only = others.first, let value = excluded[only] {
            result = withoutKeyword(only, value, excluded["type"])
        } else if Set(others) == ["properties", "required"] {
            result = withoutProperties(excluded, isTyped: excluded["type"] != nil)
        }
    }

    /// The schema for objects that do not have a property.
    static func absent(_ key: String, _ schema: JSONObject) -> JSONValue {
        var schema = schema
        var properties = schema["properties"]?.objectValue ?? JSONObject()
        properties[key] = false
        schema["properties"] = .object(properties)
        return .object(schema)
    }

    private func withoutTypes(_ value: JSONValue) -> Result {
        let excluded = (value.arrayValue ?? [value]).compactMap(\.stringValue)
        if excluded.contains("integer"), !excluded.contains("number"), types.contains("number") { return .unknown }
        let left = types.filter { type in
            !excluded.contains(type) && !(type == "integer" && excluded.contains("number"))
        }
        return .schema(left.isEmpty ? false : both(["type": .array(left.map { .string($0) })]))
    }

    private func withoutValues(_ values: [JSONValue]) -> Result {
        if let own = SchemaMerge.values(of: rest) {
            var filtered = rest.without("const")
            filtered["enum"] = .array(own.filter { !values.contains($0) })
            return .schema(.object(filtered))
        }
        var left = types
        var strings: [JSONValue] = []
        for value in values {
            switch value {
            case .string: strings.append(value)
            case .null: left.removeAll { $0 == "null" }
            default:
                // Numbers, lists and objects have too many spellings.
                if types.contains(where: { SchemaKeywords.type($0, holds: value) }) { return .unknown }
            }
        }
        if strings.isEmpty || left.count < types.count {
            var parts: [JSONValue] = [.object(rest), ["type": .array(left.map { .string($0) })]]
            if !strings.isEmpty { parts.append(["not": ["enum": .array(strings)]]) }
            return .schema(left.isEmpty ? false : ["allOf": .array(parts)])
        }
        return .kept(["enum": .array(strings)])
    }

    private func withoutKeyword(_ name: String, _ value: JSONValue, _ type: JSONValue?) -> Result {
        let own = SchemaKeywords.ofType.first { $0.value.contains(name) }?.key ?? ""
        var opposite: JSONValue?
        switch name {
        case "pattern":
            let kept: JSONValue = ["type": "string", "pattern": value]
            return types == ["string"] || type != nil ? .kept(kept) : .schema(both(["type": "string", "not": kept]))
        case "minimum": opposite = ["exclusiveMaximum": value]
        case "exclusiveMinimum": opposite = ["maximum": value]
        case "maximum": opposite = ["exclusiveMinimum": value]
        case "exclusiveMaximum": opposite = ["minimum": value]
        case "minLength", "minItems", "minProperties":
            if let count = value.intValue, count > 0, count < 1 << 31 {
                opposite = .object(JSONObject([(name.replacing("min", with: "max"), .integer(count - 1))]))
            }
        case "maxLength", "maxItems", "maxProperties":
            if let count = value.intValue, count >= 0, count < 1 << 31 {
                opposite = .object(JSONObject([(name.replacing("max", with: "min"), .integer(count + 1))]))
            }
        case "required", "properties":
            return withoutProperties(JSONObject([(name, value)]), isTyped: type != nil)
        default: break
        }
        guard let opposite, let fields = opposite.objectValue else { return .unknown }
        var typed = fields
        typed["type"] = .string(own)
        return choice([.object(typed)], besides: own, isTyped: type != nil)
    }

    /// Objects that lack what is required, or have a property that does not fit.
    private func withoutProperties(_ excluded: JSONObject, isTyped: Bool) -> Result {
        var branches: [JSONValue] = []
        for name in excluded.list("required") {
            guard let key = name.stringValue else { return .unknown }
            branches.append(["type": "object", "properties": .object(JSONObject([(key, false)]))])
        }
        for (key, value) in excluded["properties"]?.objectValue?.members ?? [] {
            branches.append([
                "type": "object", "properties": .object(JSONObject([(key, ["not": value])])), "required": [.string(key)],
            ])
        }
        return choice(branches, besides: "object", isTyped: isTyped)
    }

    /// - Parameter isTyped: whether values of other types fit as well.
    private func choice(_ branches: [JSONValue], besides type: String, isTyped: Bool) -> Result {
        var all = branches.map(both)
        let others = types.filter { $0 != type && !(type == "number" && $0 == "integer") }
        if isTyped, !others.isEmpty { all.append(both(["type": .array(others.map { .string($0) })])) }
        return .schema(["anyOf": .array(all)])
    }

    private func both(_ part: JSONValue) -> JSONValue { ["allOf": [.object(rest), part]] }
}
