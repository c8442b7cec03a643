import HostCore

/// Two schemas that both must hold, as one.
enum SchemaMerge {
    private static let greatest: Set<String> = [
        "minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties",
    ]
    private static let least: Set<String> = [
        "maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties",
    ]
    /// Further values go into a list of their own.
    private static let listed: Set<String> = ["pattern", "format", "multipleOf"]

    /// - Throws: `ConstraintProblem` where both speak of the same thing in ways that do not merge simply.
    static func merged(
        _ left: JSONObject, _ right: JSONObject, at path: String
    ) throws(ConstraintProblem) -> JSONObject {
        let isBothClosed = areClosed(left, right)
        var result = isBothClosed ? left : try narrowed(left, by: right, at: path)
        let right = isBothClosed ? right : try narrowed(right, by: left, at: path)
        // Null fits only where both allow it.
        if left["nullable"] != right["nullable"], !left.isEmpty, !right.isEmpty { result["nullable"] = nil }
        for (name, value) in right.members where name != "nullable" || left.isEmpty {
            guard let own = result[name], own != value, !SchemaKeywords.isAnnotation(name) else {
                if result[name] == nil { result[name] = value }
                continue
            }
            if listed.contains(name) {
                result["&\(name)"] = .array(result.list("&\(name)") + [value])
            } else if name == "anyOf" || name == "oneOf" {
                result["&choices"] = .array(result.list("&choices") + [.object(JSONObject([(name, value)]))])
            } else if let both = try merged(name, own, value, at: path) {
                result[name] = both
            } else {
                result["enum"] = []
            }
        }
        return result
    }

    /// - Returns: nil where no value fits both.
    private static func merged(
        _ name: String, _ left: JSONValue, _ right: JSONValue, at path: String
    ) throws(ConstraintProblem) -> JSONValue? {
        let conflict = ConstraintProblem(
            "schema, \(path): two values of \"\(name)\" that both must hold are not supported")
        if greatest.contains(name) || least.contains(name) {
            guard let a = left.doubleValue, let b = right.doubleValue else { throw conflict }
            return (a > b) == greatest.contains(name) ? left : right
        }
        switch name {
        case "properties", "patternProperties":
            guard var properties = left.objectValue, let others = right.objectValue else { throw conflict }
            for (key, value) in others.members { properties[key] = both(properties[key], value) }
            return .object(properties)
        case "dependentRequired":
            guard var names = left.objectValue, let others = right.objectValue else { throw conflict }
            for (key, value) in others.members { names[key] = .array(names.list(key) + (value.arrayValue ?? [])) }
            return .object(names)
        case "required", "&not", "&choices", "&pattern", "&format", "&multipleOf":
            guard let a = left.arrayValue, let b = right.arrayValue else { throw conflict }
            return .array(a + b.filter { !a.contains($0) })
        case "enum":
            guard let a = left.arrayValue, let b = right.arrayValue else { throw conflict }
            return .array(a.filter(b.contains))
        case "const": return nil
        case "type":
            let a = left.arrayValue ?? [left]
            let b = right.arrayValue ?? [right]
            var both = a.filter { b.contains($0) || ($0 == "integer" && b.contains("number")) }
            if a.contains("number"), b.contains("integer"), !both.contains("integer") { both.append("integer") }
            if both.isEmpty { return nil }
            return .array(both)
        case "additionalProperties", "items", "propertyNames": return both(left, right)
        case "uniqueItems": return true
        default: throw conflict
        }
    }

    private static func both(_ left: JSONValue?, _ right: JSONValue) -> JSONValue {
        guard let left, left != right, left != true, left != [:] else { return right }
        if right == true || right == [:] { return left }
        return left == false || right == false ? false : ["allOf": [left, right]]
    }

    /// Whether both are objects without any other properties than their own, which differ.
    ///
    /// Taken at their word no object with all of these fits; libraries write intersections so, and mean one object.
    static func areClosed(_ left: JSONObject, _ right: JSONObject) -> Bool {
        left["additionalProperties"] == false && right["additionalProperties"] == false
            && Set(left["properties"]?.objectValue?.keys ?? []) != Set(right["properties"]?.objectValue?.keys ?? [])
    }

    /// The same with what `additionalProperties` of another says of the properties that only this one names.
    private static func narrowed(
        _ schema: JSONObject, by other: JSONObject, at path: String
    ) throws(ConstraintProblem) -> JSONObject {
        guard let additional = other["additionalProperties"], additional != true, additional != [:],
            var properties = schema["properties"]?.objectValue
        else { return schema }
        let named = other["properties"]?.objectValue ?? JSONObject()
        for (key, value) in properties.members where named[key] == nil && value != false {
            guard additional != false, other["patternProperties"] == nil else {
                throw ConstraintProblem(
                    "schema, \(path): \"additionalProperties\" of one part shuts out \"\(key.prefix(60))\" of another")
            }
            properties[key] = both(value, additional)
        }
        var result = schema
        result["properties"] = .object(properties)
        return result
    }

    // MARK: Disjoint schemas

    /// Whether it is plain to see that no value fits both; both are without references and `allOf`.
    static func areDisjoint(_ left: JSONObject, _ right: JSONObject) -> Bool {
        if let a = values(of: left), let b = values(of: right) { return !a.contains(where: b.contains) }
        if let a = types(of: left), let b = types(of: right), !a.contains(where: b.contains) { return true }
        if let values = values(of: left), values.allSatisfy({ isOutOfBounds($0, of: right) }) { return true }
        if let values = values(of: right), values.allSatisfy({ isOutOfBounds($0, of: left) }) { return true }
        guard types(of: left) == ["object"], types(of: right) == ["object"] else { return false }
        let required = left.list("required")
        let others = right.list("required")
        return required.contains { name in
            guard let key = name.stringValue, others.contains(name),
                let a = left["properties"]?[key]?.objectValue.flatMap(values),
                let b = right["properties"]?[key]?.objectValue.flatMap(values)
            else { return false }
            return !a.contains(where: b.contains)
        }
    }

    /// Whether both are written as objects and nothing else.
    static func areObjects(_ left: JSONObject, _ right: JSONObject) -> Bool {
        [left, right].allSatisfy { schema in
            let spoken = (try? SchemaKeywords.types(of: schema, at: "")) ?? nil
            return schema["nullable"] != true && values(of: schema) == nil && spoken == ["object"]
        }
    }

    /// Whether a value is a number that a schema's bounds shut out.
    private static func isOutOfBounds(_ value: JSONValue, of schema: JSONObject) -> Bool {
        guard let number = value.doubleValue else { return false }
        return schema["minimum"]?.doubleValue.map { number < $0 } ?? false
            || schema["maximum"]?.doubleValue.map { number > $0 } ?? false
            || schema["exclusiveMinimum"]?.doubleValue.map { number <= $0 } ?? false
            || schema["exclusiveMaximum"]?.doubleValue.map { number >= $0 } ?? false
    }

    /// The values of `enum` and `const`; nil without them.
    static func values(of schema: JSONObject) -> [JSONValue]? {
        guard let const = schema["const"] else { return schema["enum"]?.arrayValue }
        return schema["enum"]?.arrayValue.map { $0.filter { $0 == const } } ?? [const]
    }

    /// With an integer counted as a number; nil when any type fits.
    private static func types(of schema: JSONObject) -> [String]? {
        guard schema["nullable"] != true else { return nil }
        if let values = values(of: schema) { return values.map { wide(SchemaKeywords.type(of: $0)) } }
        guard let type = schema["type"] else { return nil }
        return (type.arrayValue ?? [type]).compactMap(\.stringValue).map(wide)
    }

    private static func wide(_ type: String) -> String { type == "integer" ? "number" : type }
}
