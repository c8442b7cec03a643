import HostCore

/// Two schemas that both must hold, as one.
enum SchemaMerge {
    private static let greatest: Set<String> = ["minimum", "exclusiveMinimum", "minLength", "minItems"]
    private static let least: Set<String> = ["maximum", "exclusiveMaximum", "maxLength", "maxItems"]

    /// - Throws: `ConstraintProblem` where both speak of the same thing in ways that do not merge simply.
    static func merged(
        _ left: JSONObject, _ right: JSONObject, at path: String
    ) throws(ConstraintProblem) -> JSONObject {
        try checkAdditional(left, right, at: path)
        try checkAdditional(right, left, at: path)
        var result = left
        // Null fits only where both allow it.
        if left["nullable"] != right["nullable"], !left.isEmpty, !right.isEmpty { result["nullable"] = nil }
        for (name, value) in right.members where name != "nullable" || left.isEmpty {
            guard let own = left[name], own != value, !SchemaKeywords.isAnnotation(name) else {
                if left[name] == nil { result[name] = value }
                continue
            }
            result[name] = try merged(name, own, value, at: path)
        }
        return result
    }

    private static func merged(
        _ name: String, _ left: JSONValue, _ right: JSONValue, at path: String
    ) throws(ConstraintProblem) -> JSONValue {
        let conflict = ConstraintProblem(
            "schema, \(path): two values of \"\(name)\" that both must hold are not supported")
        if greatest.contains(name) || least.contains(name) {
            guard let a = left.doubleValue, let b = right.doubleValue else { throw conflict }
            return (a > b) == greatest.contains(name) ? left : right
        }
        switch name {
        case "properties":
            guard var properties = left.objectValue, let others = right.objectValue else { throw conflict }
            for (key, value) in others.members {
                properties[key] = properties[key].map { ["allOf": [$0, value]] } ?? value
            }
            return .object(properties)
        case "required":
            guard let a = left.arrayValue, let b = right.arrayValue else { throw conflict }
            return .array(a + b.filter { !a.contains($0) })
        case "enum":
            guard let a = left.arrayValue, let b = right.arrayValue else { throw conflict }
            return .array(a.filter(b.contains))
        case "type":
            let a = left.arrayValue ?? [left]
            let b = right.arrayValue ?? [right]
            var both = a.filter { b.contains($0) || ($0 == "integer" && b.contains("number")) }
            if a.contains("number"), b.contains("integer"), !both.contains("integer") { both.append("integer") }
            guard !both.isEmpty else { throw conflict }
            return .array(both)
        case "additionalProperties":
            // Those of the other side have been checked; the narrower one is the one that is not true.
            if left == true { return right }
            if right == true { return left }
            throw conflict
        default: throw conflict
        }
    }

    /// `additionalProperties` of one side speaks of the properties that only the other side names.
    private static func checkAdditional(
        _ one: JSONObject, _ other: JSONObject, at path: String
    ) throws(ConstraintProblem) {
        guard let additional = one["additionalProperties"], additional != true, additional != [:] else { return }
        let own = one["properties"]?.objectValue ?? JSONObject()
        for key in other["properties"]?.objectValue?.keys ?? [] where own[key] == nil {
            throw ConstraintProblem(
                "schema, \(path): \"additionalProperties\" of one part shuts out \"\(key.prefix(60))\" of another")
        }
    }

    // MARK: Disjoint schemas

    /// Whether it is plain to see that no value fits both; both are without references and `allOf`.
    static func areDisjoint(_ left: JSONObject, _ right: JSONObject) -> Bool {
        if let a = values(of: left), let b = values(of: right) { return !a.contains(where: b.contains) }
        if let a = types(of: left), let b = types(of: right), !a.contains(where: b.contains) { return true }
        guard types(of: left) == ["object"], types(of: right) == ["object"] else { return false }
        let required = left["required"]?.arrayValue ?? []
        let others = right["required"]?.arrayValue ?? []
        return required.contains { name in
            guard let key = name.stringValue, others.contains(name),
                let a = left["properties"]?[key]?.objectValue.flatMap(values),
                let b = right["properties"]?[key]?.objectValue.flatMap(values)
            else { return false }
            return !a.contains(where: b.contains)
        }
    }

    private static func values(of schema: JSONObject) -> [JSONValue]? {
        schema["const"].map { [$0] } ?? schema["enum"]?.arrayValue
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
