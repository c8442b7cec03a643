/// A regular expression as its pattern writes it, assertions included.
indirect enum RegexNode: Hashable, Sendable {
    /// One character of a set.
    case scalars(ScalarSet)
    case sequence([RegexNode])
    /// Any one of these; none of them matches nothing at all.
    case choice([RegexNode])
    /// From `least` to `most` times; nil is without end.
    case repeated(RegexNode, least: Int, most: Int?)
    /// The beginning of the text.
    case begin
    /// The end of the text.
    case end
    /// What follows begins with this, or does not.
    case look(RegexNode, isNegative: Bool)

    static let anything = RegexNode.repeated(.scalars(.all), least: 0, most: nil)

    static func literal(_ text: String) -> RegexNode {
        .sequence(text.unicodeScalars.map { .scalars(ScalarSet(CollectionOfOne($0))) })
    }

    /// The same with less room in what may be repeated up to some count: it matches nothing that this does not.
    ///
    /// What must not follow is left as it is, since less of it would let more texts through.
    func repeated(atMost bound: Int) -> RegexNode {
        switch self {
        case .scalars, .begin, .end, .look(_, isNegative: true): self
        case .sequence(let nodes): .sequence(nodes.map { $0.repeated(atMost: bound) })
        case .choice(let nodes): .choice(nodes.map { $0.repeated(atMost: bound) })
        case .repeated(let node, let least, let most):
            .repeated(node.repeated(atMost: bound), least: least, most: most.map { max(least, min($0, bound)) })
        case .look(let node, isNegative: false): .look(node.repeated(atMost: bound), isNegative: false)
        }
    }

    /// What matches where this matches anywhere in a text, as the patterns of JSON Schema do.
    var search: RegexNode { .sequence([.anything, self, .anything]) }

    /// A grammar of the texts that are matched from end to end; nil where assertions stand elsewhere than at the ends
    /// of an alternative.
    ///
    /// - Parameter isSearch: whether anything may stand before and behind where no assertion shuts it out.
    func grammar(isSearch: Bool) -> GrammarNode? {
        guard case .choice(let nodes) = self, nodes.contains(where: \.hasAssertions) else {
            return alternative(isSearch: isSearch)
        }
        var choices: [GrammarNode] = []
        for node in nodes {
            guard let choice = node.alternative(isSearch: isSearch) else { return nil }
            choices.append(choice)
        }
        return .choice(choices)
    }

    private func alternative(isSearch: Bool) -> GrammarNode? {
        var items = if case .sequence(let items) = self { items[...] } else { [self][...] }
        let isFixedAtBegin = items.first == .begin
        let isFixedAtEnd = items.last == .end
        items = items.drop { $0 == .begin }
        while items.last == .end { items.removeLast() }
        guard !items.contains(where: \.hasAssertions) else { return nil }
        let anything = GrammarNode.repeated(.scalars(.all), least: 0, most: nil)
        var nodes = items.map(\.plain)
        if isSearch, !isFixedAtBegin { nodes.insert(anything, at: 0) }
        if isSearch, !isFixedAtEnd { nodes.append(anything) }
        return nodes.count == 1 ? nodes[0] : .sequence(nodes)
    }

    private var hasAssertions: Bool {
        switch self {
        case .scalars: false
        case .begin, .end, .look: true
        case .sequence(let nodes), .choice(let nodes): nodes.contains(where: \.hasAssertions)
        case .repeated(let node, _, _): node.hasAssertions
        }
    }

    /// The node without assertions; those that there are match nothing.
    private var plain: GrammarNode {
        switch self {
        case .scalars(let set):
            if let only = set.only { .bytes(UTF8Ranges.bytes(of: only)) } else { .scalars(set) }
        case .sequence(let nodes): .sequence(nodes.map(\.plain))
        case .choice(let nodes): .choice(nodes.map(\.plain))
        case .repeated(let node, let least, let most): .repeated(node.plain, least: least, most: most)
        case .begin, .end, .look: .choice([])
        }
    }
}

extension RegexNode {
    /// The node of a grammar that names no rules; bytes must be UTF-8.
    init?(_ node: GrammarNode) {
        switch node {
        case .bytes(let bytes): self = .literal(String(decoding: bytes, as: UTF8.self))
        case .scalars(let set): self = .scalars(set)
        case .sequence(let nodes), .choice(let nodes):
            var parts: [RegexNode] = []
            for node in nodes {
                guard let part = RegexNode(node) else { return nil }
                parts.append(part)
            }
            if case .sequence = node { self = .sequence(parts) } else { self = .choice(parts) }
        case .repeated(let inner, let least, let most):
            guard let part = RegexNode(inner) else { return nil }
            self = .repeated(part, least: least, most: most)
        case .rule: return nil
        }
    }
}

extension GrammarNode {
    /// How many characters its texts have, without its rules being followed; `most` is nil for any number.
    var characterCounts: (least: Int, most: Int?) {
        switch self {
        case .bytes(let bytes):
            let count = bytes.count { $0 & 0xC0 != 0x80 }
            return (count, count)
        case .scalars: return (1, 1)
        case .rule: return (0, nil)
        case .sequence(let nodes):
            let counts = nodes.map(\.characterCounts)
            let most = counts.reduce(0 as Int?) { sum, next in sum.flatMap { sum in next.most.map { sum + $0 } } }
            return (counts.reduce(0) { $0 + $1.least }, most)
        case .choice(let nodes):
            let counts = nodes.map(\.characterCounts)
            let hasEnd = counts.allSatisfy { $0.most != nil }
            return (counts.map(\.least).min() ?? 0, hasEnd ? counts.compactMap(\.most).max() ?? 0 : nil)
        case .repeated(let node, let least, let most):
            let counts = node.characterCounts
            let product = most.flatMap { most in counts.most.map { $0.multipliedReportingOverflow(by: most) } }
            let (first, isTooMuch) = counts.least.multipliedReportingOverflow(by: least)
            return (isTooMuch ? .max : first, product.flatMap { $0.overflow ? nil : $0.partialValue })
        }
    }
}
