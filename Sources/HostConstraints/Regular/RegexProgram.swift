/// A regular expression as steps that follow each other, several of them at once.
///
/// - Source: K. Thompson, Regular Expression Search Algorithm, CACM 11 (1968).
struct RegexProgram {
    enum Step {
        /// Takes a character.
        case scalars(ScalarSet, next: Int)
        /// Goes on at each of these.
        case fork([Int])
        /// Goes on at the beginning of the text only.
        case begin(next: Int)
        /// Goes on where the rest of the text is of another language, by its number in `looks`.
        case look(Int, next: Int)
        case accept
    }

    struct Look: Hashable {
        let node: RegexNode
        let isNegative: Bool
    }

    private(set) var steps: [Step] = [.accept]
    /// The languages that what follows must be of.
    private(set) var looks: [Look] = []
    private(set) var start = 0

    /// - Throws: `ConstraintProblem` when it has too many steps.
    init(_ node: RegexNode) throws(ConstraintProblem) { start = try add(node, before: 0) }

    private mutating func add(_ step: Step) throws(ConstraintProblem) -> Int {
        guard steps.count < ConstraintLimits.regexSteps else {
            throw ConstraintProblem(
                "it comes to more than \(ConstraintLimits.regexSteps) steps", advice: "Use smaller repetition counts.")
        }
        steps.append(step)
        return steps.count - 1
    }

    /// The steps of a node, which end in others; gives the first.
    private mutating func add(_ node: RegexNode, before next: Int) throws(ConstraintProblem) -> Int {
        switch node {
        case .scalars(let set): return try add(.scalars(set, next: next))
        case .begin: return try add(.begin(next: next))
        case .end: return try add(.look(number(of: Look(node: .sequence([]), isNegative: false)), next: next))
        case .look(let inner, let isNegative):
            let look = Look(node: .sequence([inner, .anything]), isNegative: isNegative)
            return try add(.look(number(of: look), next: next))
        case .sequence(let nodes):
            var next = next
            for node in nodes.reversed() { next = try add(node, before: next) }
            return next
        case .choice(let nodes):
            var starts: [Int] = []
            for node in nodes { starts.append(try add(node, before: next)) }
            return try add(.fork(starts))
        case .repeated(let inner, let least, let most):
            var entry = next
            if let most {
                for _ in 0..<max(0, most - least) { entry = try add(.fork([add(inner, before: entry), next])) }
            } else {
                entry = try add(.fork([]))
                steps[entry] = .fork([try add(inner, before: entry), next])
            }
            for _ in 0..<least { entry = try add(inner, before: entry) }
            return entry
        }
    }

    private mutating func number(of look: Look) -> Int {
        if let number = looks.firstIndex(of: look) { return number }
        looks.append(look)
        return looks.count - 1
    }
}

extension RegexNode {
    /// All sets that it and what it looks for name.
    func collectSets(into sets: inout Set<ScalarSet>) {
        switch self {
        case .scalars(let set): sets.insert(set)
        case .sequence(let nodes), .choice(let nodes): for node in nodes { node.collectSets(into: &sets) }
        case .repeated(let node, _, _): node.collectSets(into: &sets)
        case .look(let node, _):
            sets.insert(.all)
            node.collectSets(into: &sets)
        case .begin, .end: break
        }
    }
}
