import HostCore

extension SchemaCompiler {
    private struct Property {
        let name: String
        /// Key, colon and value.
        let member: GrammarNode
        let isRequired: Bool
    }

    /// An object with its properties in their order, those that are not required left out at will.
    ///
    /// Two rules for each property, "first in the object" and "behind another", so that commas stand right and the
    /// grammar grows by the number of properties only.
    mutating func object(_ schema: JSONObject, at path: String) throws(ConstraintProblem) -> GrammarNode {
        let properties = try properties(schema, at: path)
        let close = GrammarNode.text("}")
        var first = close
        var rest = GrammarNode.sequence([JSONGrammar.Rule.blank.node, close])
        if let member = try additionalMember(schema, named: properties.map(\.name), at: path) {
            let more = GrammarNode.sequence([JSONGrammar.Rule.comma.node, member])
            rest = addRule(.sequence([.repeated(more, least: 0, most: nil), rest]))
            first = addRule(.choice([.sequence([member, rest]), close]))
        }
        for property in properties.reversed() {
            let asFirst = GrammarNode.sequence([property.member, rest])
            let asNext = GrammarNode.sequence([JSONGrammar.Rule.comma.node, property.member, rest])
            first = addRule(property.isRequired ? asFirst : .choice([asFirst, first]))
            rest = addRule(property.isRequired ? asNext : .choice([asNext, rest]))
        }
        return .sequence([.text("{"), JSONGrammar.Rule.blank.node, first])
    }

    /// The named properties, and those that are required without a name among them.
    private mutating func properties(_ schema: JSONObject, at path: String) throws(ConstraintProblem) -> [Property] {
        guard let named = schema["properties"].map({ $0.objectValue }) ?? JSONObject() else {
            throw ConstraintProblem("schema, \(path): \"properties\" must be an object")
        }
        let required = schema["required"].map { $0.arrayValue?.map(\.stringValue) } ?? []
        guard let required, !required.contains(nil) else {
            throw ConstraintProblem("schema, \(path): \"required\" must be a list of names")
        }
        let requiredNames = JSONObject(required.compactMap { $0 }.map { ($0, .null) })
        var properties: [Property] = []
        for (name, value) in named.members {
            let path = "\(path)/properties/\(name)"
            properties.append(
                Property(
                    name: name, member: member(name, try node(value, at: path)),
                    isRequired: requiredNames[name] != nil))
        }
        for name in requiredNames.keys where named[name] == nil {
            let value = schema["additionalProperties"] ?? true
            if value == false {
                throw ConstraintProblem(
                    "schema, \(path): \"\(name.prefix(60))\" is required, but \"additionalProperties\" shuts it out")
            }
            let node = try node(value, at: "\(path)/additionalProperties")
            properties.append(Property(name: name, member: member(name, node), isRequired: true))
        }
        return properties
    }

    private mutating func member(_ name: String, _ value: GrammarNode) -> GrammarNode {
        addRule(.sequence([JSONGrammar.literal(name), JSONGrammar.colon, value]))
    }

    /// A member with any other name, or nil where none is wanted.
    private mutating func additionalMember(
        _ schema: JSONObject, named names: [String], at path: String
    ) throws(ConstraintProblem) -> GrammarNode? {
        let value = schema["additionalProperties"] ?? (schema["properties"] == nil ? true : false)
        if value == false { return nil }
        let node = try node(value, at: "\(path)/additionalProperties")
        if names.isEmpty { return addRule(.sequence([JSONGrammar.Rule.string.node, JSONGrammar.colon, node])) }
        guard names.allSatisfy({ $0.utf8.count <= ConstraintLimits.depth }) else {
            throw ConstraintProblem(
                "schema, \(path): a property with a long name beside \"additionalProperties\" is not supported")
        }
        let key = otherName(than: names.map { Array($0.unicodeScalars)[...] })
        return addRule(.sequence([JSONGrammar.string(key), JSONGrammar.colon, node]))
    }

    /// Any text without escapes that is none of these: the tree of the names, and everything that branches off it.
    private mutating func otherName(than names: [ArraySlice<Unicode.Scalar>]) -> GrammarNode {
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
        for (first, rests) in groups.sorted(by: { $0.key < $1.key }) {
            choices.append(.sequence([.scalars(ScalarSet(CollectionOfOne(first))), otherName(than: rests)]))
        }
        return addRule(.choice(choices))
    }
}
