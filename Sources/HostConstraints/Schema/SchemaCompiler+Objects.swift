import HostCore

extension SchemaCompiler {
    private struct Property {
        /// Key, colon and value.
        let member: GrammarNode
        let isRequired: Bool
    }

    /// An object with its properties in their order, those that are not required left out at will, and then members
    /// with other names where the schema has some.
    mutating func object(_ schema: JSONObject, at path: String) throws(ConstraintProblem) -> GrammarNode {
        let keys = try SchemaKeys(schema, at: path, in: &self)
        var properties: [Property] = []
        for (name, value, isRequired) in keys.properties {
            let content = try node(value, at: "\(path)/properties/\(name)")
            let member = addRule(.sequence([JSONGrammar.literal(name), JSONGrammar.colon, content]))
            properties.append(Property(member: member, isRequired: isRequired))
        }
        var free: [GrammarNode] = []
        for (key, value, place) in keys.free {
            let name: GrammarNode
            if let key {
                name = try node(key, at: place)
            } else {
                name = otherName(than: keys.properties.map { Array($0.name.unicodeScalars)[...] })
            }
            let content = try node(value, at: place)
            free.append(addRule(.sequence([name, JSONGrammar.colon, content])))
        }
        let least = try schema.least("minProperties", at: path)
        var members = Members(free: free.isEmpty ? nil : addRule(.choice(free)), least: least)
        members.most = try schema.most("maxProperties", at: path)
        let required = properties.count { $0.isRequired }
        if required >= least { members.least = 0 }
        if members.free == nil, members.most ?? 0 >= properties.count { members.most = nil }
        if members.free != nil, members.least > max(1, required) {
            warn("\"minProperties\" counts a name that is written twice as two")
        }
        guard properties.count * min(members.cap, properties.count) <= ConstraintLimits.schemaVisits else {
            throw ConstraintProblem(
                "schema, \(path): \"minProperties\" and \"maxProperties\" are not supported beside this many properties")
        }
        return .sequence([.text("{"), JSONGrammar.Rule.blank.node, tail(properties, members)])
    }

    /// How many members there may be, and those with free names.
    private struct Members {
        let free: GrammarNode?
        var least: Int
        var most: Int?

        /// More members than this make no difference.
        var cap: Int { max(1, least, most ?? 0) }
    }

    /// A rule for each property and each number of members before it, so that commas and counts stand right.
    private mutating func tail(_ properties: [Property], _ members: Members) -> GrammarNode {
        let comma = JSONGrammar.Rule.comma.node
        // By the number of members before, which is never more than that of the properties.
        let most = min(members.cap, properties.count)
        var tails = (0...most).map { end(members, behind: $0) }
        for property in properties.reversed() {
            tails = (0...most).map { count in
                let isFull = members.most.map { count >= $0 } ?? false
                let next = tails[min(count + 1, most)]
                let with = GrammarNode.sequence(
                    count == 0 ? [property.member, next] : [comma, property.member, next])
                if isFull { return property.isRequired ? .choice([]) : tails[count] }
                return addRule(property.isRequired ? with : .choice([with, tails[count]]))
            }
        }
        return tails[0]
    }

    private mutating func end(_ members: Members, behind count: Int) -> GrammarNode {
        let close = GrammarNode.text("}")
        let spaced = GrammarNode.sequence([JSONGrammar.Rule.blank.node, close])
        let missing = max(0, members.least - count)
        let room = members.most.map { max(0, $0 - count) }
        if let room, missing > room { return .choice([]) }
        guard let free = members.free, room != 0 else {
            return missing > 0 ? .choice([]) : count == 0 ? close : addRule(spaced)
        }
        let more = GrammarNode.sequence([JSONGrammar.Rule.comma.node, free])
        guard count == 0 else { return addRule(.sequence([.repeated(more, least: missing, most: room), spaced])) }
        let rest = GrammarNode.repeated(more, least: max(0, missing - 1), most: room.map { $0 - 1 })
        let some = GrammarNode.sequence([free, rest, spaced])
        return addRule(missing > 0 ? some : .choice([some, close]))
    }

    // MARK: Free names

    /// Any text without escapes that differs from all of these: the tree of the names, and everything that branches off it.
    ///
    /// - Parameter depth: how many characters stand before; names that share more with others are left out.
    private mutating func otherName(than names: [ArraySlice<Unicode.Scalar>]) -> GrammarNode {
        names.isEmpty ? JSONGrammar.Rule.string.node : JSONGrammar.string(rest(than: names, depth: 0))
    }

    private mutating func rest(than names: [ArraySlice<Unicode.Scalar>], depth: Int) -> GrammarNode {
        let plain = JSONGrammar.escaped.inverted
        var groups: [Unicode.Scalar: [ArraySlice<Unicode.Scalar>]] = [:]
        for name in names {
            if let first = name.first, plain.contains(first.value) {
                groups[first, default: []].append(name.dropFirst())
            }
        }
        var choices: [GrammarNode] = [
            .sequence([
                .scalars(plain.subtracting(ScalarSet(groups.keys))),
                .repeated(.scalars(plain), least: 0, most: nil),
            ])
        ]
        if !names.contains(where: \.isEmpty) { choices.append(.empty) }
        for (first, rests) in groups.sorted(by: { $0.key < $1.key }) where depth < ConstraintLimits.depth {
            choices.append(.sequence([.scalars(ScalarSet(CollectionOfOne(first))), rest(than: rests, depth: depth + 1)]))
        }
        return addRule(.choice(choices))
    }
}
