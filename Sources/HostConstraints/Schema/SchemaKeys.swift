import HostCore

/// Which names an object's members may have, and what their values are.
struct SchemaKeys {
    private(set) var properties: [(name: String, value: JSONValue, isRequired: Bool)] = []
    /// Members with other names: the schema of the name, nil for any but those of the properties, and of the value.
    private(set) var free: [(key: JSONValue?, value: JSONValue, path: String)] = []

    private let path: String
    private let patterns: [(key: String, value: JSONValue)]
    private let additional: JSONValue
    private let names: JSONValue?

    init(_ schema: JSONObject, at path: String, in compiler: inout SchemaCompiler) throws(ConstraintProblem) {
        self.path = path
        guard let named = schema["properties"].map({ $0.objectValue }) ?? JSONObject() else {
            throw ConstraintProblem("schema, \(path): \"properties\" must be an object")
        }
        guard let patterns = schema["patternProperties"].map({ $0.objectValue }) ?? JSONObject() else {
            throw ConstraintProblem("schema, \(path): \"patternProperties\" must be an object")
        }
        self.patterns = patterns.members
        additional =
            schema["additionalProperties"] ?? schema["unevaluatedProperties"]
            ?? .bool(schema["properties"] == nil && patterns.isEmpty)
        let isAny = schema["propertyNames"] == true || schema["propertyNames"] == [:]
        names = isAny ? JSONValue?.none : schema["propertyNames"]
        let required = schema["required"].map { $0.arrayValue?.map(\.stringValue) } ?? []
        guard let required, !required.contains(nil) else {
            throw ConstraintProblem("schema, \(path): \"required\" must be a list of names")
        }
        let requiredNames = JSONObject(required.compactMap { $0 }.map { ($0, .null) })
        for (name, value) in named.members {
            properties.append((name, try property(name, value, in: &compiler), requiredNames[name] != nil))
        }
        for name in requiredNames.keys where named[name] == nil {
            let value = try property(name, nil, in: &compiler)
            guard value != false else {
                throw ConstraintProblem(
                    "schema, \(path): \"\(name.prefix(60))\" is required, but \"additionalProperties\" shuts it out")
            }
            properties.append((name, value, true))
        }
        try addFree(in: &compiler)
    }

    /// What a property's value must be, with all that speaks of its name.
    ///
    /// - Parameter value: what `properties` says; nil where it says nothing.
    private func property(
        _ name: String, _ value: JSONValue?, in compiler: inout SchemaCompiler
    ) throws(ConstraintProblem) -> JSONValue {
        var parts: [JSONValue] = value.map { [$0] } ?? []
        for (pattern, value) in patterns {
            if try SchemaLiterals.matches(name, pattern, at: path, with: compiler.work) { parts.append(value) }
        }
        if parts.isEmpty { parts.append(additional) }
        if let names, try !compiler.fits(name, names, at: "\(path)/propertyNames") { return false }
        if parts.contains(false) { return false }
        return parts.count == 1 ? parts[0] : ["allOf": .array(parts)]
    }

    private mutating func addFree(in compiler: inout SchemaCompiler) throws(ConstraintProblem) {
        if names == nil, patterns.isEmpty {
            if additional != false { free.append((nil, additional, "\(path)/additionalProperties")) }
            return
        }
        // A few names are properties like others.
        if let names, let values = try compiler.texts(of: names, at: "\(path)/propertyNames") {
            let known = JSONObject(properties.map { ($0.name, .null) })
            for name in values where known[name] == nil {
                let value = try property(name, nil, in: &compiler)
                if value != false { properties.append((name, value, false)) }
            }
            return
        }
        var parts: [JSONValue] = [["type": "string"]]
        if let names { parts.append(names) }
        if !properties.isEmpty { parts.append(["not": ["enum": .array(properties.map { .string($0.name) })]]) }
        func key(_ own: JSONValue?, without others: [String]) -> JSONValue {
            let excluded = others.map { JSONValue.object(JSONObject([("not", ["type": "string", "pattern": .string($0)])])) }
            return ["allOf": .array(parts + (own.map { [$0] } ?? []) + excluded)]
        }
        for (number, pattern) in patterns.enumerated() where pattern.value != false {
            let others = patterns.enumerated().filter { $0.offset != number }.map(\.element.key)
            free.append(
                (
                    key(["pattern": .string(pattern.key)], without: others), pattern.value, "\(path)/patternProperties"
                ))
        }
        if additional != false {
            free.append((key(nil, without: patterns.map(\.key)), additional, "\(path)/additionalProperties"))
        }
    }
}

extension SchemaCompiler {
    /// The texts that a schema lists; nil for one that does not list any.
    mutating func texts(of schema: JSONValue, at path: String) throws(ConstraintProblem) -> [String]? {
        guard let object = schema.objectValue else { return nil }
        let flat = try flattened(object, at: path)
        var texts: [String] = []
        if let values = SchemaMerge.values(of: flat) {
            for value in values {
                guard let text = value.stringValue else { continue }
                if try SchemaLiterals.fits(value, flat, at: path, with: work) { texts.append(text) }
            }
            return texts
        }
        guard let branches = (flat["anyOf"] ?? flat["oneOf"])?.arrayValue else { return nil }
        try enter(path)
        defer { leave() }
        for branch in branches {
            guard let own = try self.texts(of: branch, at: path) else { return nil }
            texts += own.filter { !texts.contains($0) }
        }
        return texts
    }

    /// Whether a name fits a schema of names.
    mutating func fits(_ name: String, _ schema: JSONValue, at path: String) throws(ConstraintProblem) -> Bool {
        if let flag = schema.boolValue { return flag }
        try enter(path)
        defer { leave() }
        let flat = try flattened(schema.objectValue ?? JSONObject(), at: path)
        if let values = SchemaMerge.values(of: flat), !values.contains(.string(name)) { return false }
        for choice in ["anyOf", "oneOf"] {
            guard let branches = flat[choice]?.arrayValue else { continue }
            var isFit = false
            for branch in branches where !isFit { isFit = try fits(name, branch, at: path) }
            if !isFit { return false }
        }
        if let types = try SchemaKeywords.types(of: flat, at: path), !types.contains("string") { return false }
        return try SchemaLiterals.fits(.string(name), flat, at: path, with: work)
    }
}
