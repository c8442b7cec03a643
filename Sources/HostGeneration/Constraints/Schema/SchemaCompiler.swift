import HostCore

/// Turns a JSON Schema into a grammar whose every text satisfies it.
///
/// Where a schema leaves things open the grammar is narrower: properties come in the order of the schema, unnamed ones
/// only where `additionalProperties` asks for them or no property is named, further items of a tuple only where `items`
/// asks for them, strings with a pattern in one spelling, and numbers within the bounds of `JSONGrammar`. What a
/// grammar cannot promise is refused by name.
///
/// - Source: JSON Schema 2020-12; `nullable` of OpenAPI 3.0 and tuples of draft 7 are understood too.
struct SchemaCompiler {
    private let document: JSONValue
    private var rules = JSONGrammar.rules
    private var references: [String: Int] = [:]
    /// Targets of references that wait for their turn, so that chains of them do not nest.
    private var waiting: [(rule: Int, path: String, schema: JSONValue)] = []
    private var visits = 0
    private var depth = 0

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
        while let next = compiler.waiting.popLast() {
            compiler.rules[next.rule] = try compiler.node(next.schema, at: next.path)
        }
        return GrammarSource(rules: compiler.rules, root: root)
    }

    private init(document: JSONValue) { self.document = document }

    mutating func addRule(_ node: GrammarNode) -> GrammarNode {
        rules.append(node)
        return .rule(rules.count - 1)
    }

    // MARK: One schema

    mutating func node(_ schema: JSONValue, at path: String) throws(ConstraintProblem) -> GrammarNode {
        try visit(path)
        depth += 1
        defer { depth -= 1 }
        if let accepts = schema.boolValue { return accepts ? JSONGrammar.Rule.value.node : .choice([]) }
        guard let object = schema.objectValue else {
            throw ConstraintProblem("schema, \(path): a schema must be an object or a boolean, not \(schema.kind)")
        }
        if let target = object["$ref"], object.keys.allSatisfy({ $0 == "$ref" || SchemaKeywords.isAnnotation($0) }) {
            return .rule(try reference(pointer(target, at: path), at: path))
        }
        return try flatNode(flattened(object, at: path), at: path)
    }

    /// A schema without `$ref` and `allOf`.
    private mutating func flatNode(_ schema: JSONObject, at path: String) throws(ConstraintProblem) -> GrammarNode {
        try SchemaKeywords.check(schema, at: path)
        if schema["nullable"] == true {
            let others = try flatNode(schema.without("nullable"), at: path)
            return .choice([others, .text("null")])
        }
        for name in ["anyOf", "oneOf"] {
            guard let value = schema[name] else { continue }
            guard let branches = value.arrayValue, !branches.isEmpty else {
                throw ConstraintProblem("schema, \(path): \"\(name)\" must be a list of schemas")
            }
            let rest = schema.without(name)
            if name == "oneOf" { try checkDisjoint(branches, beside: rest, at: path) }
            return .choice(try alternatives(branches, beside: rest, at: "\(path)/\(name)"))
        }
        if schema["enum"] != nil || schema["const"] != nil { return try literals(schema, at: path) }
        guard let types = try SchemaKeywords.types(of: schema, at: path) else { return JSONGrammar.Rule.value.node }
        var choices: [GrammarNode] = []
        for type in types where !(type == "integer" && types.contains("number")) {
            choices.append(try node(of: type, schema, at: path))
        }
        return choices.count == 1 ? choices[0] : .choice(choices)
    }

    private mutating func alternatives(
        _ branches: [JSONValue], beside rest: JSONObject, at path: String
    ) throws(ConstraintProblem) -> [GrammarNode] {
        let isAlone = rest.keys.allSatisfy(SchemaKeywords.isAnnotation)
        var nodes: [GrammarNode] = []
        for (number, branch) in branches.enumerated() {
            let path = "\(path)/\(number)"
            if isAlone || branch.boolValue == false {
                nodes.append(try node(branch, at: path))
            } else {
                let both: JSONObject = JSONObject([("allOf", [.object(rest), branch])])
                nodes.append(try node(.object(both), at: path))
            }
        }
        return nodes
    }

    private mutating func node(
        of type: String, _ schema: JSONObject, at path: String
    ) throws(ConstraintProblem) -> GrammarNode {
        switch type {
        case "object": try object(schema, at: path)
        case "array": try array(schema, at: path)
        case "string": try SchemaStrings.node(schema, at: path)
        case "number": try SchemaNumbers.node(schema, isInteger: false, at: path)
        case "integer": try SchemaNumbers.node(schema, isInteger: true, at: path)
        case "boolean": .choice([.text("true"), .text("false")])
        default: .text("null")
        }
    }

    /// `enum` and `const`: each value in its compact spelling.
    private func literals(_ schema: JSONObject, at path: String) throws(ConstraintProblem) -> GrammarNode {
        guard var values = schema["enum"].map({ $0.arrayValue }) ?? schema["const"].map({ [$0] }) else {
            throw ConstraintProblem("schema, \(path): \"enum\" must be a list")
        }
        if let const = schema["const"] { values = values.filter { $0 == const } }
        if let types = schema["type"] == nil ? nil : try SchemaKeywords.types(of: schema, at: path) {
            values = values.filter { value in types.contains { SchemaKeywords.type($0, holds: value) } }
        }
        for name in schema.keys where !["enum", "const", "type"].contains(name) && !SchemaKeywords.isAnnotation(name) {
            throw ConstraintProblem("schema, \(path): \"\(name)\" beside \"enum\" or \"const\" is not supported")
        }
        return .choice(values.map { .bytes($0.encodedBytes()) })
    }

    private mutating func visit(_ path: String) throws(ConstraintProblem) {
        visits += 1
        guard visits <= ConstraintLimits.schemaVisits else {
            throw ConstraintProblem("the schema comes to more than \(ConstraintLimits.schemaVisits) parts")
        }
        guard depth < ConstraintLimits.depth else {
            throw ConstraintProblem(
                "schema, \(path.prefix(80))…: nested more than \(ConstraintLimits.depth) levels deep, or without end"
            )
        }
    }

    // MARK: References and merges

    /// The rule for what a JSON pointer names.
    private mutating func reference(_ pointer: String, at path: String) throws(ConstraintProblem) -> Int {
        if let rule = references[pointer] { return rule }
        let target = try value(of: pointer, at: path)
        let rule = rules.count
        rules.append(.choice([]))
        references[pointer] = rule
        waiting.append((rule, pointer, target))
        return rule
    }

    /// One object that says what a schema says with its `allOf` and its reference.
    mutating func flattened(_ schema: JSONObject, at path: String) throws(ConstraintProblem) -> JSONObject {
        try visit(path)
        depth += 1
        defer { depth -= 1 }
        guard schema["allOf"] != nil || schema["$ref"] != nil else { return schema }
        var result = schema.without("allOf", "$ref")
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
            result = try SchemaMerge.merged(result, flattened(object, at: part.path), at: part.path)
        }
        return result
    }

    private func pointer(_ value: JSONValue, at path: String) throws(ConstraintProblem) -> String {
        guard let text = value.stringValue else {
            throw ConstraintProblem("schema, \(path): \"$ref\" must be a string")
        }
        guard text.hasPrefix("#") else {
            throw ConstraintProblem(
                "schema, \(path): \"$ref\" to \"\(text.prefix(80))\": only references into it (#/…) are supported"
            )
        }
        return text
    }

    /// - Source: RFC 6901, section 6.
    private func value(of pointer: String, at path: String) throws(ConstraintProblem) -> JSONValue {
        var value = document
        let missing = ConstraintProblem("schema, \(path): \"$ref\" names \"\(pointer.prefix(80))\", which is not there")
        guard pointer == "#" || pointer.hasPrefix("#/") else { throw missing }
        for part in pointer.split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
            let name = SchemaCompiler.decoded(part).replacing("~1", with: "/").replacing("~0", with: "~")
            if let list = value.arrayValue {
                guard let index = Int(name), list.indices.contains(index) else { throw missing }
                value = list[index]
            } else {
                guard let member = value[name] else { throw missing }
                value = member
            }
        }
        return value
    }

    /// Without percent escapes.
    private static func decoded(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    // MARK: oneOf

    /// Exactly one branch may fit, which a grammar can only promise if no value fits two.
    private mutating func checkDisjoint(
        _ branches: [JSONValue], beside rest: JSONObject, at path: String
    ) throws(ConstraintProblem) {
        var flat: [JSONObject] = []
        for (number, branch) in branches.enumerated() where branch != false {
            let object = branch.objectValue ?? JSONObject()
            flat.append(try flattened(object, at: "\(path)/oneOf/\(number)"))
        }
        for (number, branch) in flat.enumerated() {
            for other in flat[..<number] where !SchemaMerge.areDisjoint(branch, other) {
                throw ConstraintProblem(
                    "schema, \(path): two branches of \"oneOf\" may both fit one value",
                    advice:
                        "Use \"anyOf\", or give each branch its own type or a required property with its own \"const\"."
                )
            }
        }
    }
}
