import HostCore

/// `anyOf` and `oneOf`.
extension SchemaCompiler {
    /// - Returns: nil for a schema without a choice.
    mutating func choice(_ schema: JSONObject, at path: String) throws(ConstraintProblem) -> GrammarNode? {
        for name in ["anyOf", "oneOf"] {
            guard let value = schema[name] else { continue }
            guard let branches = value.arrayValue else {
                throw ConstraintProblem("schema, \(path): \"\(name)\" must be a list of schemas")
            }
            let rest = schema.without(name)
            let marks = name == "oneOf" ? try marks(of: branches, schema, at: path) : nil
            return .choice(try alternatives(branches, beside: rest, marks: marks, at: "\(path)/\(name)"))
        }
        let further = schema.list("&choices")
        guard let first = further.first?.objectValue else { return nil }
        var rest = schema.without("&choices")
        if further.count > 1 { rest["&choices"] = .array(Array(further.dropFirst())) }
        for (name, value) in first.members { rest[name] = value }
        return try flatNode(rest, at: path)
    }

    /// - Parameter marks: what each branch must hold besides, so that only one can fit.
    private mutating func alternatives(
        _ branches: [JSONValue], beside rest: JSONObject, marks: [JSONValue]?, at path: String
    ) throws(ConstraintProblem) -> [GrammarNode] {
        let isAlone = rest.keys.allSatisfy(SchemaKeywords.isAnnotation) && marks == nil
        var nodes: [GrammarNode] = []
        for (number, branch) in branches.enumerated() {
            let path = "\(path)/\(number)"
            if isAlone || branch.boolValue == false {
                nodes.append(try node(branch, at: path))
                continue
            }
            var parts: [JSONValue] = [.object(rest.without("unevaluatedProperties", "unevaluatedItems")), branch]
            if let marks { parts.append(marks[number]) }
            var both = JSONObject([("allOf", .array(parts))])
            // They see what the branches evaluate.
            for name in ["unevaluatedProperties", "unevaluatedItems"] { both[name] = rest[name] }
            nodes.append(try node(.object(both), at: path))
        }
        return nodes
    }

    // MARK: oneOf

    /// What makes sure that exactly one branch fits, which a grammar can only promise if no value fits two.
    ///
    /// - Returns: what each branch must also hold, where its own rules do not exclude the others.
    private mutating func marks(
        of branches: [JSONValue], _ schema: JSONObject, at path: String
    ) throws(ConstraintProblem) -> [JSONValue]? {
        guard branches.count <= 500 else {
            throw ConstraintProblem("schema, \(path): \"oneOf\" has more than 500 branches")
        }
        var leaves: [[JSONObject]] = []
        for (number, branch) in branches.enumerated() {
            leaves.append(branch == false ? [] : try self.leaves(of: branch, at: "\(path)/oneOf/\(number)"))
        }
        if areApart(leaves) { return nil }
        let named = schema["discriminator"]?["propertyName"]?.stringValue
        let candidates = named.map { [$0] } ?? leaves.first?.first?["properties"]?.objectValue?.keys ?? []
        for key in candidates.prefix(5) {
            let tagged = leaves.map {
                $0.map { leaf in
                    var leaf = leaf
                    leaf["required"] = .array(leaf.list("required") + [.string(key)])
                    return leaf
                }
            }
            if areApart(tagged) { return branches.map { _ in ["required": [.string(key)]] } }
        }
        if let absent = absentProperties(leaves) { return absent }
        throw ConstraintProblem(
            "schema, \(path): two branches of \"oneOf\" may both fit one value",
            advice: "Use \"anyOf\", or give each branch its own type or a property with its own \"const\".")
    }

    /// For objects of which each requires a property that another does not: each is written without those of the others.
    private func absentProperties(_ leaves: [[JSONObject]]) -> [JSONValue]? {
        var marks: [JSONValue] = []
        for (number, branch) in leaves.enumerated() {
            guard branch.count <= 1 else { return nil }
            var absent = JSONObject()
            for (index, other) in leaves.enumerated() where index != number {
                guard let leaf = branch.first, let other = other.first, !SchemaMerge.areDisjoint(leaf, other) else { continue }
                guard SchemaMerge.areObjects(leaf, other),
                    let key = other.list("required").first(where: { !leaf.list("required").contains($0) })?.stringValue
                else { return nil }
                absent[key] = false
            }
            marks.append(absent.isEmpty ? true : ["properties": .object(absent)])
        }
        return marks
    }

    private func areApart(_ leaves: [[JSONObject]]) -> Bool {
        for (number, branch) in leaves.enumerated() {
            for other in leaves[..<number] {
                for leaf in branch where !other.allSatisfy({ SchemaMerge.areDisjoint(leaf, $0) }) { return false }
            }
        }
        return true
    }

    /// A branch, or those of which it is nothing but a choice.
    private mutating func leaves(of branch: JSONValue, at path: String) throws(ConstraintProblem) -> [JSONObject] {
        let flat = try flattened(branch.objectValue ?? JSONObject(), at: path)
        for name in ["anyOf", "oneOf"] {
            guard let inner = flat[name]?.arrayValue, inner.count <= 500,
                flat.keys.allSatisfy({ $0 == name || SchemaKeywords.isAnnotation($0) })
            else { continue }
            var leaves: [JSONObject] = []
            try enter(path)
            defer { leave() }
            for (number, branch) in inner.enumerated() where branch != false {
                leaves += try self.leaves(of: branch, at: "\(path)/\(name)/\(number)")
            }
            return leaves
        }
        return [flat]
    }
}
