import HostCore

/// Turns a JSON Schema into a grammar whose every text satisfies it.
///
/// Where a schema leaves things open the grammar is narrower: properties come in the order of the schema, unnamed ones
/// only where `additionalProperties` asks for them or no property is named, further items of a tuple only where `items`
/// asks for them, strings with a pattern in one spelling, numbers within the bounds of `JSONGrammar`, and nothing is
/// repeated more often than `ConstraintLimits.repeats` times. What a grammar cannot promise is refused by name; what the
/// specification calls an annotation is reported as a warning where it reads like a demand.
///
/// - Source: JSON Schema 2020-12; `nullable` of OpenAPI 3.0 and what drafts 4 to 7 wrote otherwise are understood too.
struct SchemaCompiler {
    let document: JSONValue
    var rules = JSONGrammar.rules
    /// The rules of schemas that are named, or merged of several; by pointer and by what they say.
    private var references: [JSONValue: Int] = [:]
    /// Schemas behind references that wait for their turn, so that chains of them do not nest.
    private var waiting: [(rule: Int, path: String, schema: JSONValue)] = []
    /// Where the names of `$id` and `$anchor` lead.
    let names: SchemaNames
    let work = RegularWork()
    /// Strings that the same is asked of.
    var strings: [StringDemands: GrammarNode] = [:]
    private var visits = 0
    private var depth = 0
    private(set) var warnings: [String] = []

    /// - Throws: `ConstraintProblem` with the place in the schema as a JSON pointer.
    static func compile(_ schema: JSONValue) throws(ConstraintProblem) -> GrammarSource {
        guard schema.objectValue != nil || schema.boolValue != nil else {
            throw ConstraintProblem("the schema must be an object, not \(schema.kind)")
        }
        let size = schema.encodedBytes().count
        guard size <= ConstraintLimits.textBytes else {
            throw ConstraintProblem("the schema has \(size) bytes; at most \(ConstraintLimits.textBytes) are allowed")
        }
        var compiler = SchemaCompiler(document: schema)
        let root = try compiler.reference("#", at: "#")
        return try compiler.finished(root)
    }

    private init(document: JSONValue) {
        self.document = document
        names = SchemaNames(document)
    }

    private mutating func finished(_ root: Int) throws(ConstraintProblem) -> GrammarSource {
        while let next = waiting.popLast() { rules[next.rule] = try node(next.schema, at: next.path, isRule: true) }
        return GrammarSource(rules: rules, root: root, warnings: warnings)
    }

    /// A grammar of its own for a schema of the same document.
    mutating func source(of schema: JSONValue, at path: String) throws(ConstraintProblem) -> GrammarSource {
        var inner = self
        try inner.enter(path)
        inner.rules = JSONGrammar.rules
        inner.references = [:]
        inner.strings = [:]
        inner.waiting = []
        inner.rules.append(try inner.node(schema, at: path))
        let source = try inner.finished(inner.rules.count - 1)
        visits = inner.visits
        warnings = inner.warnings
        return source
    }

    mutating func addRule(_ node: GrammarNode) -> GrammarNode {
        rules.append(node)
        return .rule(rules.count - 1)
    }

    /// Warns of something in the schema that its texts may violate.
    mutating func warn(_ text: String) {
        if warnings.count < ConstraintLimits.warnings, !warnings.contains(text) { warnings.append(text) }
    }

    // MARK: One schema

    /// - Parameter isRule: whether the schema is behind a reference, and its rule is being made.
    mutating func node(
        _ schema: JSONValue, at path: String, isRule: Bool = false
    ) throws(ConstraintProblem) -> GrammarNode {
        try enter(path)
        defer { leave() }
        if let accepts = schema.boolValue { return accepts ? JSONGrammar.Rule.value.node : .choice([]) }
        guard let object = schema.objectValue else {
            throw ConstraintProblem("schema, \(path): a schema must be an object or a boolean, not \(schema.kind)")
        }
        if let target = object["$ref"], object.keys.allSatisfy({ $0 == "$ref" || SchemaKeywords.isAnnotation($0) }) {
            return .rule(try reference(pointer(target, at: path), at: path))
        }
        // Recursive schemas that are merged with others come back to the same pair of them.
        if !isRule, object["allOf"] != nil || object["$ref"] != nil { return .rule(rule(for: schema, schema, at: path)) }
        return try flatNode(flattened(object, at: path), at: path)
    }

    /// A schema without `$ref` and `allOf`.
    mutating func flatNode(_ schema: JSONObject, at path: String) throws(ConstraintProblem) -> GrammarNode {
        try check(schema, at: path)
        if schema["nullable"] == true {
            let others = try flatNode(schema.without("nullable"), at: path)
            return .choice([others, .text("null")])
        }
        if let choice = try choice(schema, at: path) { return choice }
        if let excluded = schema["&not"]?.arrayValue, let rewritten = try without(excluded, schema, at: path) {
            return try node(rewritten, at: path)
        }
        if let rewritten = try dependencies(of: schema, at: path) { return try node(rewritten, at: path) }
        if schema["enum"] != nil || schema["const"] != nil { return try literals(schema, at: path) }
        guard let types = try SchemaKeywords.types(of: schema, at: path) else { return JSONGrammar.Rule.value.node }
        var choices: [GrammarNode] = []
        for type in types where !(type == "integer" && types.contains("number")) {
            choices.append(try node(of: type, schema, at: path))
        }
        return choices.count == 1 ? choices[0] : .choice(choices)
    }

    private mutating func node(
        of type: String, _ schema: JSONObject, at path: String
    ) throws(ConstraintProblem) -> GrammarNode {
        switch type {
        case "object": try object(schema, at: path)
        case "array": try array(schema, at: path)
        case "string": try string(schema, at: path)
        case "number": try SchemaNumbers.node(schema, isInteger: false, at: path, rules: &rules, with: work)
        case "integer": try SchemaNumbers.node(schema, isInteger: true, at: path, rules: &rules, with: work)
        case "boolean": .choice([.text("true"), .text("false")])
        default: .text("null")
        }
    }

    private mutating func check(_ schema: JSONObject, at path: String) throws(ConstraintProblem) {
        for name in try SchemaKeywords.unknown(in: schema, at: path) {
            warn("the keyword \"\(name.prefix(40))\" is not known here; it is read as an annotation")
        }
    }

    /// `enum` and `const`: each value that fits what stands beside them, in its compact spelling.
    private func literals(_ schema: JSONObject, at path: String) throws(ConstraintProblem) -> GrammarNode {
        guard let values = SchemaMerge.values(of: schema) else {
            throw ConstraintProblem("schema, \(path): \"enum\" must be a list")
        }
        let types = schema["type"] == nil ? nil : try SchemaKeywords.types(of: schema, at: path)
        var nodes: [GrammarNode] = []
        for value in values {
            if let types, !types.contains(where: { SchemaKeywords.type($0, holds: value) }) { continue }
            if try SchemaLiterals.fits(value, schema, at: path, with: work) { nodes.append(.bytes(value.encodedBytes())) }
        }
        return .choice(nodes)
    }

    /// Goes a level deeper into the schema, until `leave`.
    mutating func enter(_ path: String) throws(ConstraintProblem) {
        visits += 1
        guard visits <= ConstraintLimits.schemaVisits else {
            throw ConstraintProblem("the schema comes to more than \(ConstraintLimits.schemaVisits) parts")
        }
        guard depth < ConstraintLimits.depth else {
            throw ConstraintProblem(
                "schema, \(path.prefix(80))…: nested more than \(ConstraintLimits.depth) levels deep, or without end")
        }
        depth += 1
    }

    mutating func leave() { depth -= 1 }

    // MARK: References and merges

    /// The rule for what a JSON pointer names.
    private mutating func reference(_ pointer: String, at path: String) throws(ConstraintProblem) -> Int {
        if let rule = references[.string(pointer)] { return rule }
        return rule(for: .string(pointer), try value(of: pointer, at: path), at: pointer)
    }

    private mutating func rule(for key: JSONValue, _ schema: JSONValue, at path: String) -> Int {
        if let rule = references[key] { return rule }
        let rule = rules.count
        rules.append(.choice([]))
        references[key] = rule
        waiting.append((rule, path, schema))
        return rule
    }

    /// One object that says what a schema says with its `allOf` and its reference, in today's keywords.
    mutating func flattened(_ schema: JSONObject, at path: String) throws(ConstraintProblem) -> JSONObject {
        try enter(path)
        defer { leave() }
        // OpenAPI 3.0 has no other way to say that what a reference names may be null as well.
        if schema["nullable"] == true, schema["type"] == nil, schema["allOf"] != nil || schema["$ref"] != nil {
            let annotations = schema.members.filter { SchemaKeywords.isAnnotation($0.key) }.map { ($0.key, $0.value) }
            let both: [JSONValue] = [.object(schema.without("nullable")), ["type": "null"]]
            return JSONObject(annotations + [("anyOf", .array(both))])
        }
        var result = try SchemaKeywords.current(schema.without("allOf", "$ref"), at: path)
        var parts: [(path: String, value: JSONValue)] = []
        if let target = schema["$ref"] {
            let pointer = try pointer(target, at: path)
            parts.append((pointer, try value(of: pointer, at: path)))
        }
        if let list = schema["allOf"] {
            guard let list = list.arrayValue else {
                throw ConstraintProblem("schema, \(path): \"allOf\" must be a list of schemas")
            }
            for (number, part) in list.enumerated() { parts.append(("\(path)/allOf/\(number)", part)) }
        }
        for part in parts {
            if let accepts = part.value.boolValue {
                if !accepts { result["enum"] = [] }
                continue
            }
            guard let object = part.value.objectValue else {
                throw ConstraintProblem("schema, \(part.path): a schema must be an object or a boolean")
            }
            let flat = SchemaKeywords.closed(try flattened(object, at: part.path))
            if SchemaMerge.areClosed(result, flat) {
                warn("closed objects under \"allOf\" are read as one object with the properties of all")
            }
            result = try SchemaMerge.merged(result, flat, at: part.path)
        }
        return result
    }
}
