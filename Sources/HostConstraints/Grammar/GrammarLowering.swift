/// A symbol of a rule over bytes.
enum GrammarSymbol: Hashable, Sendable {
    case bytes(ByteSet)
    case rule(Int)
}

/// Rewrites grammar nodes as plain rules over bytes: alternatives, each a sequence of symbols.
///
/// Repetitions become right recursion, so that reading one never deepens a stack; `{m,n}` becomes a chain of n rules
/// that all uses of the same symbol share.
///
/// - Cost: linear in the finished grammar, which `ConstraintLimits.symbols` bounds.
struct GrammarLowering {
    typealias Alternatives = [[GrammarSymbol]]

    private var rules: [Alternatives]
    private var symbolCount = 0
    private var setRules: [ScalarSet: Int] = [:]
    private var starRules: [GrammarSymbol: Int] = [:]
    /// Entry k − 1 is the rule for "at most k times".
    private var chains: [GrammarSymbol: [Int]] = [:]

    /// The rules, the source's own first and in their order; and the chains, entry k − 1 the rule for "at most k times".
    static func rules(
        of source: GrammarSource
    ) throws(ConstraintProblem) -> (rules: [Alternatives], chains: [[Int]]) {
        var lowering = GrammarLowering(count: source.rules.count)
        for (number, node) in source.rules.enumerated() {
            let alternatives = try lowering.alternatives(node)
            try lowering.define(number, alternatives)
        }
        return (lowering.rules, Array(lowering.chains.values))
    }

    private init(count: Int) {
        rules = [Alternatives](repeating: [], count: count)
    }

    private mutating func define(_ rule: Int, _ alternatives: Alternatives) throws(ConstraintProblem) {
        symbolCount += alternatives.reduce(1) { $0 + $1.count + 1 }
        guard symbolCount <= ConstraintLimits.symbols else {
            throw ConstraintProblem(
                "it needs more than \(ConstraintLimits.symbols) symbols when written out",
                advice: "Use smaller repetition counts or fewer alternatives.")
        }
        rules[rule] = alternatives
    }

    private mutating func add(_ alternatives: Alternatives) throws(ConstraintProblem) -> Int {
        rules.append([])
        try define(rules.count - 1, alternatives)
        return rules.count - 1
    }

    private mutating func alternatives(_ node: GrammarNode) throws(ConstraintProblem) -> Alternatives {
        switch node {
        case .scalars(let set): return UTF8Ranges.sequences(of: set).map { $0.map(GrammarSymbol.bytes) }
        case .choice(let nodes):
            var alternatives: Alternatives = []
            var literals: [ArraySlice<UInt8>] = []
            for node in nodes {
                if case .bytes(let bytes) = node {
                    literals.append(bytes[...])
                } else {
                    alternatives += try self.alternatives(node)
                }
            }
            return try factored(literals) + alternatives
        case .repeated(let inner, 0, 1): return try alternatives(inner) + [[]]
        default: return [try symbols(node)]
        }
    }

    private mutating func symbols(_ node: GrammarNode) throws(ConstraintProblem) -> [GrammarSymbol] {
        switch node {
        case .bytes(let bytes): return bytes.map { .bytes(ByteSet(byte: $0)) }
        case .rule(let number): return [.rule(number)]
        case .sequence(let nodes):
            var symbols: [GrammarSymbol] = []
            for node in nodes { symbols += try self.symbols(node) }
            return symbols
        case .scalars(let set):
            if let rule = setRules[set] { return [.rule(rule)] }
            let alternatives = try alternatives(node)
            if alternatives.count == 1, alternatives[0].count == 1 { return alternatives[0] }
            let rule = try add(alternatives)
            setRules[set] = rule
            return [.rule(rule)]
        case .choice:
            let alternatives = try alternatives(node)
            return alternatives.count == 1 ? alternatives[0] : [.rule(try add(alternatives))]
        case .repeated(let inner, let least, let most): return try repeated(inner, least, most)
        }
    }

    private mutating func repeated(
        _ node: GrammarNode, _ least: Int, _ most: Int?
    ) throws(ConstraintProblem) -> [GrammarSymbol] {
        let greatest = max(least, most ?? 0)
        guard greatest <= ConstraintLimits.repeats else {
            throw ConstraintProblem(
                "it repeats something \(greatest) times; at most \(ConstraintLimits.repeats) are allowed")
        }
        let inner = try symbols(node)
        guard !inner.isEmpty else { return [] }
        let unit = inner.count == 1 ? inner[0] : .rule(try add([inner]))
        let required = [GrammarSymbol](repeating: unit, count: least)
        guard let most else { return required + [.rule(try star(unit))] }
        return most > least ? required + [.rule(try chain(unit, most - least))] : required
    }

    private mutating func star(_ unit: GrammarSymbol) throws(ConstraintProblem) -> Int {
        if let rule = starRules[unit] { return rule }
        let rule = try add([])
        try define(rule, [[unit, .rule(rule)], []])
        starRules[unit] = rule
        return rule
    }

    private mutating func chain(_ unit: GrammarSymbol, _ length: Int) throws(ConstraintProblem) -> Int {
        var chain = chains[unit, default: []]
        while chain.count < length {
            chain.append(try add([chain.last.map { [unit, .rule($0)] } ?? [unit], []]))
        }
        chains[unit] = chain
        return chain[length - 1]
    }

    /// Literals as a tree of shared beginnings, so that a thousand of them are not a thousand ways to begin.
    private mutating func factored(_ literals: [ArraySlice<UInt8>]) throws(ConstraintProblem) -> Alternatives {
        var alternatives: Alternatives = []
        var groups: [UInt8: [ArraySlice<UInt8>]] = [:]
        var order: [UInt8] = []
        for literal in literals {
            guard let first = literal.first else {
                alternatives = [[]]
                continue
            }
            if groups[first] == nil { order.append(first) }
            groups[first, default: []].append(literal)
        }
        for first in order {
            let group = groups[first, default: []]
            var length = group[0].count
            for other in group.dropFirst() {
                length = min(length, zip(group[0].prefix(length), other).prefix { $0 == $1 }.count)
            }
            var symbols = group[0].prefix(length).map { GrammarSymbol.bytes(ByteSet(byte: $0)) }
            let rests = group.map { $0.dropFirst(length) }
            if rests.contains(where: { !$0.isEmpty }) { symbols.append(.rule(try add(try factored(rests)))) }
            alternatives.append(symbols)
        }
        return alternatives
    }
}
