extension RegularLanguage {
    /// The language as rules of a grammar, one for each state.
    ///
    /// - Parameters:
    ///   - rules: get the new ones at their end.
    ///   - spelled: what a character of a set looks like in the text.
    /// - Returns: the node where a text begins.
    func node(in rules: inout [GrammarNode], spelled: (ScalarSet) -> GrammarNode) -> GrammarNode {
        guard !isEmpty else { return .choice([]) }
        var nodes: [ScalarSet: GrammarNode] = [:]
        func node(of set: ScalarSet) -> GrammarNode {
            if let node = nodes[set] { return node }
            var node = spelled(set)
            if case .choice = node {
                rules.append(node)
                node = .rule(rules.count - 1)
            }
            nodes[set] = node
            return node
        }
        // Rules for sets come between, so that the states' own are numbered first.
        let first = rules.count
        rules += [GrammarNode](repeating: .choice([]), count: stateCount)
        for state in 0..<stateCount {
            var ranges: [Int32: [ClosedRange<UInt32>]] = [:]
            for number in 0..<classCount {
                let target = successor(of: state, by: number)
                if target >= 0 { ranges[target, default: []] += alphabet.classes[number].ranges }
            }
            var choices = ranges.sorted { $0.key < $1.key }.map { target, ranges in
                GrammarNode.sequence([node(of: ScalarSet(ranges)), .rule(first + Int(target))])
            }
            if accepts[state] { choices.append(.empty) }
            rules[first + state] = choices.count == 1 ? choices[0] : .choice(choices)
        }
        return .rule(first + start)
    }
}

extension RegexParser {
    /// The texts that a pattern matches from end to end.
    static func source(of pattern: String) throws(ConstraintProblem) -> GrammarSource {
        let node = try parse(pattern)
        if let grammar = node.grammar(isSearch: false) { return GrammarSource(rules: [grammar], root: 0) }
        var rules: [GrammarNode] = []
        let root = try RegularLanguage.some(of: [node], with: RegularWork()).node(in: &rules) { .scalars($0) }
        rules.append(root)
        return GrammarSource(rules: rules, root: rules.count - 1)
    }
}
