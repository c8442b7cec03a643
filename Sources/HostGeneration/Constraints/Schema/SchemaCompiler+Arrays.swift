import HostCore

extension SchemaCompiler {
    /// A list: first the items of `prefixItems`, then any number of `items` within the bounds.
    mutating func array(_ schema: JSONObject, at path: String) throws(ConstraintProblem) -> GrammarNode {
        if let unique = schema["uniqueItems"], unique != false {
            throw ConstraintProblem("schema, \(path): the keyword \"uniqueItems\" is not supported")
        }
        let least = try schema.count("minItems", at: path) ?? 0
        let most = try schema.count("maxItems", at: path)
        if let most, most < least { throw ConstraintProblem("schema, \(path): \"maxItems\" is less than \"minItems\"") }
        // Draft 7 wrote a tuple as a list in `items`.
        let isOldTuple = schema["items"]?.arrayValue != nil
        guard let prefix = (isOldTuple ? schema["items"] : schema["prefixItems"]).map({ $0.arrayValue }) ?? [] else {
            throw ConstraintProblem("schema, \(path): \"prefixItems\" must be a list of schemas")
        }
        let rest = isOldTuple ? schema["additionalItems"] : schema["items"]
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
}
