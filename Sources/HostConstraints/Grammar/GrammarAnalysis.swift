/// What must hold of a grammar before a text may be read by it.
struct GrammarAnalysis {
    private let rules: [GrammarLowering.Alternatives]

    /// Takes away what no text can match, so that every step on a path leads to a complete text.
    ///
    /// - Returns: the same rules without alternatives that cannot end.
    /// - Throws: when the root matches nothing, or a rule comes back to itself at the same place with work left over.
    /// - Cost: linear.
    static func checked(
        _ rules: [GrammarLowering.Alternatives], root: Int
    ) throws(ConstraintProblem) -> [GrammarLowering.Alternatives] {
        let productive = GrammarAnalysis(rules: rules).rulesMade { symbol in
            if case .bytes(let set) = symbol { !set.isEmpty } else { false }
        }
        guard productive[root] else {
            throw ConstraintProblem("no text can ever match it", advice: "Give every recursive rule a way to end.")
        }
        let useful = rules.map { alternatives in
            alternatives.filter { symbols in
                symbols.allSatisfy { symbol in
                    switch symbol {
                    case .bytes(let set): !set.isEmpty
                    case .rule(let rule): productive[rule]
                    }
                }
            }
        }
        try GrammarAnalysis(rules: useful).refuseLeftRecursion(root: root)
        return useful
    }

    /// The rules that may match nothing at all.
    static func nullable(_ rules: [GrammarLowering.Alternatives]) -> [Bool] {
        GrammarAnalysis(rules: rules).rulesMade { _ in false }
    }

    private init(rules: [GrammarLowering.Alternatives]) {
        self.rules = rules
    }

    /// The rules that have an alternative of which every symbol satisfies a property that goes from rules to their
    /// users.
    private func rulesMade(of holds: (GrammarSymbol) -> Bool) -> [Bool] {
        var result = [Bool](repeating: false, count: rules.count)
        // For each alternative how many symbols are open, and for each rule the alternatives that wait for it.
        var open: [(rule: Int, count: Int)] = []
        var waiting = [[Int]](repeating: [], count: rules.count)
        var ready: [Int] = []
        for (rule, alternatives) in rules.enumerated() {
            for symbols in alternatives {
                var count = 0
                for symbol in symbols where !holds(symbol) {
                    count += 1
                    if case .rule(let needed) = symbol { waiting[needed].append(open.count) }
                }
                open.append((rule, count))
                if count == 0 { ready.append(rule) }
            }
        }
        while let rule = ready.popLast() {
            guard !result[rule] else { continue }
            result[rule] = true
            for alternative in waiting[rule] {
                open[alternative].count -= 1
                if open[alternative].count == 0 { ready.append(open[alternative].rule) }
            }
        }
        return result
    }

    // MARK: Left recursion

    /// A way from a rule to another without a byte between; `deepens` when something is left to do after it.
    private struct Edge {
        let target: Int
        let deepens: Bool
    }

    /// Reading would deepen the stack without end on a cycle of edges of which one deepens. Other cycles only say that
    /// a rule may be itself, and are harmless.
    private func refuseLeftRecursion(root: Int) throws(ConstraintProblem) {
        let nullable = GrammarAnalysis.nullable(rules)
        let edges = rules.map { alternatives in alternatives.flatMap { self.edges(of: $0, nullable) } }
        let component = StrongComponents.numbers(of: edges.map { $0.map(\.target) })
        for (rule, edges) in edges.enumerated() {
            if edges.contains(where: { $0.deepens && component[$0.target] == component[rule] }) {
                throw ConstraintProblem(
                    "it is left-recursive: a rule begins with itself, directly or through others",
                    advice: "Write the recursion at the end of the rule, or as a repetition.")
            }
        }
    }

    private func edges(of symbols: [GrammarSymbol], _ nullable: [Bool]) -> [Edge] {
        var edges: [Edge] = []
        for (position, symbol) in symbols.enumerated() {
            guard case .rule(let rule) = symbol else { break }
            edges.append(Edge(target: rule, deepens: position + 1 < symbols.count))
            if !nullable[rule] { break }
        }
        return edges
    }
}

/// Tarjan's strongly connected components, without recursion because chains of rules are long.
enum StrongComponents {
    /// A number for each node, the same for nodes that reach each other.
    static func numbers(of successors: [[Int]]) -> [Int] {
        let count = successors.count
        var order = [Int](repeating: -1, count: count)
        var low = [Int](repeating: 0, count: count)
        var component = [Int](repeating: -1, count: count)
        var open: [Int] = []
        var path: [(node: Int, next: Int)] = []
        var counter = 0
        for start in 0..<count where order[start] < 0 {
            path.append((start, 0))
            while let (node, next) = path.last {
                if next == 0 {
                    order[node] = counter
                    low[node] = counter
                    counter += 1
                    open.append(node)
                }
                if next < successors[node].count {
                    path[path.count - 1].next += 1
                    let target = successors[node][next]
                    if order[target] < 0 {
                        path.append((target, 0))
                    } else if component[target] < 0 {
                        low[node] = min(low[node], order[target])
                    }
                    continue
                }
                if low[node] == order[node] {
                    while let member = open.popLast() {
                        component[member] = node
                        if member == node { break }
                    }
                }
                path.removeLast()
                if let parent = path.last?.node { low[parent] = min(low[parent], low[node]) }
            }
        }
        return component
    }
}
