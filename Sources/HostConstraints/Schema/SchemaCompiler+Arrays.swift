import HostCore

extension SchemaCompiler {
    /// A list: first the items of `prefixItems`, then any number of `items` within the bounds.
    mutating func array(_ schema: JSONObject, at path: String) throws(ConstraintProblem) -> GrammarNode {
        let least = try schema.least("minItems", at: path)
        let most = try schema.most("maxItems", at: path)
        if let most, most < least { throw ConstraintProblem("schema, \(path): \"maxItems\" is less than \"minItems\"") }
        // Draft 7 wrote a tuple as a list in `items`.
        let isOldTuple = schema["items"]?.arrayValue != nil
        guard let prefix = (isOldTuple ? schema["items"] : schema["prefixItems"]).map({ $0.arrayValue }) ?? [] else {
            throw ConstraintProblem("schema, \(path): \"prefixItems\" must be a list of schemas")
        }
        let rest = isOldTuple ? schema["additionalItems"] : schema["items"] ?? schema["unevaluatedItems"]
        if let contained = schema["contains"] {
            return try containing(contained, schema, items: rest ?? true, isPlain: prefix.isEmpty, at: path)
        }
        if schema["uniqueItems"] == true, most ?? 2 > 1 {
            if prefix.isEmpty, let unique = try distinct(rest ?? true, least: least, most: most, at: path) { return unique }
            warn("\"uniqueItems\" is not kept for items with this many values; one may appear twice")
        }
        var items: [GrammarNode] = []
        for (number, value) in prefix.enumerated() {
            items.append(addRule(try node(value, at: "\(path)/prefixItems/\(number)")))
        }
        let further: GrammarNode? =
            if let rest {
                rest == false ? nil : try node(rest, at: "\(path)/items")
            } else {
                prefix.isEmpty || least > prefix.count ? JSONGrammar.Rule.value.node : nil
            }
        if least > prefix.count, further == nil {
            throw ConstraintProblem("schema, \(path): \"minItems\" asks for more items than there may be")
        }
        guard !prefix.isEmpty else {
            guard let further else { return JSONGrammar.list("[", .empty, "]", least: 0, most: 0) }
            return JSONGrammar.list("[", addRule(further), "]", least: least, most: most)
        }
        return tuple(items, further: further, least: least, most: most)
    }

    private mutating func tuple(
        _ items: [GrammarNode], further: GrammarNode?, least: Int, most: Int?
    ) -> GrammarNode {
        let comma = JSONGrammar.Rule.comma.node
        let close = GrammarNode.sequence([JSONGrammar.Rule.blank.node, .text("]")])
        let count = min(items.count, most ?? items.count)
        var rest = close
        if let further, count == items.count {
            let more = GrammarNode.repeated(
                .sequence([comma, addRule(further)]), least: max(0, least - count), most: most.map { $0 - count })
            rest = .sequence([more, close])
        }
        for number in (0..<count).reversed() {
            let isFirst = number == 0
            let item = GrammarNode.sequence(isFirst ? [items[number], rest] : [comma, items[number], rest])
            rest = addRule(number >= least ? .choice([item, isFirst ? .text("]") : close]) : item)
        }
        return .sequence([.text("["), JSONGrammar.Rule.blank.node, count == 0 ? .text("]") : rest])
    }

    // MARK: Items that speak of each other

    /// A list with one item at least that is of another schema, too.
    private mutating func containing(
        _ contained: JSONValue, _ schema: JSONObject, items: JSONValue, isPlain: Bool, at path: String
    ) throws(ConstraintProblem) -> GrammarNode {
        let others = ["minItems", "maxItems", "minContains", "maxContains", "uniqueItems"].filter { schema[$0] != nil }
        guard isPlain, others.allSatisfy({ $0 == "minItems" && schema[$0] == 1 }) else {
            throw ConstraintProblem(
                "schema, \(path): \"contains\" beside \"\(others.first ?? "prefixItems")\" is not supported",
                advice: "Leave it out, and check the answer for it yourself.")
        }
        let comma = JSONGrammar.Rule.comma.node, blank = JSONGrammar.Rule.blank.node
        let item = addRule(try node(items, at: "\(path)/items"))
        let wanted = addRule(try node(["allOf": [items, contained]], at: "\(path)/contains"))
        return .sequence([
            .text("["), blank, .repeated(.sequence([item, comma]), least: 0, most: nil), wanted,
            .repeated(.sequence([comma, item]), least: 0, most: nil), blank, .text("]"),
        ])
    }

    /// So few values that each order of them has a rule.
    private static let permuted = 6
    /// So few that each, in the order of the schema, has a rule for each number of values before it.
    private static let ordered = 20_000

    /// A list of different items, where the schema lists what they may be.
    ///
    /// - Returns: nil where it does not, or they are too many.
    private mutating func distinct(
        _ items: JSONValue, least: Int, most: Int?, at path: String
    ) throws(ConstraintProblem) -> GrammarNode? {
        guard let values = try values(of: items, at: "\(path)/items") else { return nil }
        let cap = max(1, least, most ?? 0)
        let comma = JSONGrammar.Rule.comma.node, blank = JSONGrammar.Rule.blank.node
        let close = GrammarNode.sequence([blank, .text("]")])
        func item(_ index: Int, _ count: Int, _ next: GrammarNode) -> GrammarNode {
            .sequence((count == 0 ? [] : [comma]) + [.bytes(values[index].encodedBytes()), next])
        }
        func end(_ count: Int) -> [GrammarNode] { count < least ? [] : [count == 0 ? .text("]") : close] }
        if values.count <= SchemaCompiler.permuted {
            // By the values that are gone, as bits; those behind have more bits.
            var rests = [GrammarNode](repeating: .choice([]), count: 1 << values.count)
            for gone in rests.indices.reversed() {
                let count = gone.nonzeroBitCount
                let left = count < most ?? .max ? values.indices.filter { gone >> $0 & 1 == 0 } : []
                rests[gone] = addRule(.choice(left.map { item($0, count, rests[gone | 1 << $0]) } + end(count)))
            }
            return .sequence([.text("["), blank, rests[0]])
        }
        guard values.count * cap <= SchemaCompiler.ordered else { return nil }
        // By the number of values written before.
        var rests = (0...cap).map { GrammarNode.choice(end($0)) }
        for index in values.indices.reversed() {
            rests = (0...cap).map { count in
                guard count < most ?? .max else { return rests[count] }
                return addRule(.choice([item(index, count, rests[min(count + 1, cap)]), rests[count]]))
            }
        }
        return .sequence([.text("["), blank, rests[0]])
    }

    /// The values that a schema lists, those of booleans and null included.
    private mutating func values(of schema: JSONValue, at path: String) throws(ConstraintProblem) -> [JSONValue]? {
        guard let object = schema.objectValue else { return nil }
        let flat = try flattened(object, at: path)
        if flat["type"] == "boolean", SchemaMerge.values(of: flat) == nil { return [true, false] }
        if flat["type"] == "null" { return [.null] }
        guard let values = SchemaMerge.values(of: flat), flat["anyOf"] == nil, flat["oneOf"] == nil else { return nil }
        var distinct: [JSONValue] = []
        for value in values where !distinct.contains(value) {
            if let types = flat["type"] == nil ? nil : try SchemaKeywords.types(of: flat, at: path),
                !types.contains(where: { SchemaKeywords.type($0, holds: value) })
            {
                continue
            }
            if try SchemaLiterals.fits(value, flat, at: path, with: work) { distinct.append(value) }
        }
        return distinct
    }
}
