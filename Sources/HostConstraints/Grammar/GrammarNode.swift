/// A piece of a grammar as people write it; what GBNF, regular expressions and schemas all become.
indirect enum GrammarNode: Hashable, Sendable {
    /// These bytes.
    case bytes([UInt8])
    /// One character of a set.
    case scalars(ScalarSet)
    case sequence([GrammarNode])
    /// Any one of these; none of them matches nothing at all.
    case choice([GrammarNode])
    /// From `least` to `most` times; nil is without end.
    case repeated(GrammarNode, least: Int, most: Int?)
    /// Another rule, by its number in the source.
    case rule(Int)

    static let empty = GrammarNode.sequence([])

    /// The same with other rules' numbers, for a place behind `first` others.
    func renumbered(from first: Int) -> GrammarNode {
        switch self {
        case .bytes, .scalars: self
        case .sequence(let nodes): .sequence(nodes.map { $0.renumbered(from: first) })
        case .choice(let nodes): .choice(nodes.map { $0.renumbered(from: first) })
        case .repeated(let node, let least, let most):
            .repeated(node.renumbered(from: first), least: least, most: most)
        case .rule(let number): .rule(first + number)
        }
    }

    static func text(_ text: String) -> GrammarNode { .bytes(Array(text.utf8)) }

    static func optional(_ node: GrammarNode) -> GrammarNode { .repeated(node, least: 0, most: 1) }

    static func digits(_ least: Int, _ most: Int) -> GrammarNode {
        .repeated(.scalars(ScalarSet([0x30...0x39])), least: least, most: most)
    }
}

/// Rules that name each other by number, and the one where a text begins.
struct GrammarSource: Sendable {
    var rules: [GrammarNode]
    var root: Int
    /// What the source says that the grammar does not keep.
    var warnings: [String] = []
}
