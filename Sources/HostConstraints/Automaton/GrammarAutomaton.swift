/// Reads bytes by a grammar: a pushdown automaton whose states are made when they are first met, then kept.
///
/// A stack is a linked list of positions to go on from, shared by all stacks that have the same rest; a state is the
/// set of all stacks that are possible at once, each with a byte on top. What a state does with a byte depends on the
/// state alone, so that every transition is computed once and afterwards read from a table.
///
/// - Source: the sets of stacks are those of a non-deterministic pushdown automaton; the table made on demand is the
///   lazy subset construction of K. Thompson.
struct GrammarAutomaton {
    typealias State = Int32

    /// No byte can follow, and the text is not complete: reached only by bytes that do not fit.
    static let dead: State = 0
    /// The stack of a text that is complete.
    private static let bottom: Int32 = 0

    let grammar: ByteGrammar
    /// Stack nodes: where to go on, and the node below; node 0 is the bottom.
    private var positions: [Int32] = [0]
    private var parents: [Int32] = [0]
    private var nodeNumbers: [UInt64: Int32] = [:]
    /// The stacks of each state, sorted, and all of them in one array.
    private var members: [Int32] = []
    private var firstMember: [Int32] = [0, 0]
    private var stateNumbers: [[Int32]: State] = [[]: dead]
    /// The successor of state `s` by class `c` at `s * classCount + c`; −1 while unknown.
    private(set) var transitions: [State]
    private(set) var start: State = dead

    /// - Throws: `ConstraintProblem` when a text can begin in too many ways.
    init(_ grammar: ByteGrammar) throws(ConstraintProblem) {
        self.grammar = grammar
        transitions = [State](repeating: GrammarAutomaton.dead, count: grammar.classCount)
        let seeds = grammar.alternatives(of: grammar.root).map { Item(position: $0, parent: GrammarAutomaton.bottom) }
        start = try state(reading: seeds)
    }

    /// About how much memory the states take.
    var byteCount: Int { positions.count * 48 + members.count * 12 + transitions.count * 4 + firstMember.count * 64 }

    // MARK: States

    /// Whether a text may end here.
    func canEnd(_ state: State) -> Bool { stacks(of: state).first == GrammarAutomaton.bottom }

    /// Whether a text must end here.
    func mustEnd(_ state: State) -> Bool { canEnd(state) && stacks(of: state).count == 1 }

    func stacks(of state: State) -> ArraySlice<Int32> {
        members[Int(firstMember[Int(state)])..<Int(firstMember[Int(state) + 1])]
    }

    /// - Throws: `ConstraintProblem` when the text can be read in too many ways at once.
    mutating func successor(of state: State, by byte: UInt8) throws(ConstraintProblem) -> State {
        try successor(of: state, byClass: Int(grammar.byteClass[Int(byte)]))
    }

    mutating func successor(of state: State, byClass class: Int) throws(ConstraintProblem) -> State {
        let entry = Int(state) * grammar.classCount + `class`
        if transitions[entry] >= 0 { return transitions[entry] }
        var seeds: [Item] = []
        for node in stacks(of: state) where node != GrammarAutomaton.bottom {
            let position = positions[Int(node)]
            if grammar.accepts(`class`, at: position) {
                seeds.append(Item(position: position + 1, parent: parents[Int(node)]))
            }
        }
        let next = try self.state(reading: seeds)
        transitions[entry] = next
        return next
    }

    private mutating func state(reading seeds: [Item]) throws(ConstraintProblem) -> State {
        let stacks = try closure(seeds)
        if let state = stateNumbers[stacks] { return state }
        guard byteCount < ConstraintLimits.automatonStepBytes else { throw GrammarAutomaton.tooAmbiguous }
        let state = State(firstMember.count - 1)
        members += stacks
        firstMember.append(Int32(members.count))
        transitions += repeatElement(-1, count: grammar.classCount)
        stateNumbers[stacks] = state
        return state
    }

    // MARK: Stacks

    /// A place to go on from, and what to do after its rule.
    private struct Item: Hashable {
        let position: Int32
        let parent: Int32
    }

    private static let tooAmbiguous = ConstraintProblem(
        "one text can be read in more than \(ConstraintLimits.stacks) ways at once",
        advice: "Make the alternatives differ at their beginnings.")

    /// Follows rules and ends until each stack has a byte on top, or is empty.
    private mutating func closure(_ seeds: [Item]) throws(ConstraintProblem) -> [Int32] {
        var stacks: [Int32] = []
        var seen = Set<Item>()
        var work = seeds
        while let item = work.popLast() {
            let code = grammar.code[Int(item.position)]
            if code >= 0 {
                stacks.append(node(item))
                guard stacks.count <= 4 * ConstraintLimits.stacks else { throw GrammarAutomaton.tooAmbiguous }
                continue
            }
            guard seen.insert(item).inserted else { continue }
            guard seen.count <= 16 * ConstraintLimits.stacks else { throw GrammarAutomaton.tooAmbiguous }
            if code == ByteGrammar.end {
                if item.parent == GrammarAutomaton.bottom {
                    stacks.append(GrammarAutomaton.bottom)
                } else {
                    let parent = Int(item.parent)
                    work.append(Item(position: positions[parent], parent: parents[parent]))
                }
                continue
            }
            // A rule at the end of its alternative takes over the stack as it is: repetitions stay flat.
            let following = item.position + 1
            let isLast = grammar.code[Int(following)] == ByteGrammar.end
            let parent = isLast ? item.parent : node(Item(position: following, parent: item.parent))
            for start in grammar.alternatives(of: Int(ByteGrammar.end - 1 - code)) {
                work.append(Item(position: start, parent: parent))
            }
        }
        let sorted = stacks.sorted()
        var unique: [Int32] = []
        for stack in sorted where stack != unique.last { unique.append(stack) }
        guard unique.count <= ConstraintLimits.stacks else { throw GrammarAutomaton.tooAmbiguous }
        return unique
    }

    private mutating func node(_ item: Item) -> Int32 {
        let key = UInt64(UInt32(bitPattern: item.position)) << 32 | UInt64(UInt32(bitPattern: item.parent))
        if let node = nodeNumbers[key] { return node }
        let node = Int32(positions.count)
        positions.append(item.position)
        parents.append(item.parent)
        nodeNumbers[key] = node
        return node
    }

    // MARK: Counting

    /// A state with the same next bytes as this one, and the same after them for this many bytes less two: every "at most
    /// k times more" with a greater k is taken for `bound` times.
    ///
    /// - Cost: linear in the state's stacks.
    mutating func bounded(_ state: State, to bound: Int) throws(ConstraintProblem) -> State {
        var moved: [Int32: Int32] = [GrammarAutomaton.bottom: GrammarAutomaton.bottom]
        var seeds: [Item] = []
        var isChanged = false
        for stack in Array(stacks(of: state)) where stack != GrammarAutomaton.bottom {
            var below = GrammarAutomaton.bottom
            for old in path(to: stack, stoppingAt: moved) {
                if let known = moved[old] {
                    below = known
                    continue
                }
                let position = grammar.counts.bounded(positions[Int(old)], to: bound)
                if position != positions[Int(old)] { isChanged = true }
                below = node(Item(position: position, parent: below))
                moved[old] = below
            }
            seeds.append(Item(position: positions[Int(below)], parent: parents[Int(below)]))
        }
        return isChanged ? try self.state(of: seeds, canEnd: canEnd(state)) : state
    }

    /// The nodes from one that has moved already, or the bottom, up to a stack's top.
    private func path(to top: Int32, stoppingAt moved: [Int32: Int32]) -> [Int32] {
        var path = [top]
        while let last = path.last, moved[last] == nil { path.append(parents[Int(last)]) }
        return path.reversed()
    }

    // MARK: Moving on

    /// The same state in an automaton that has forgotten all others.
    ///
    /// - Cost: linear in the state's stacks with all that they share.
    func restarted(at state: State) throws(ConstraintProblem) -> (automaton: GrammarAutomaton, state: State) {
        var fresh = try GrammarAutomaton(grammar)
        var moved: [Int32: Int32] = [GrammarAutomaton.bottom: GrammarAutomaton.bottom]
        var stacks: [Int32] = []
        for stack in self.stacks(of: state) {
            var below = GrammarAutomaton.bottom
            for old in path(to: stack, stoppingAt: moved) {
                below = moved[old] ?? fresh.node(Item(position: positions[Int(old)], parent: below))
                moved[old] = below
            }
            stacks.append(below)
        }
        var seeds: [Item] = []
        for stack in stacks where stack != GrammarAutomaton.bottom {
            seeds.append(Item(position: fresh.positions[Int(stack)], parent: fresh.parents[Int(stack)]))
        }
        let canEnd = self.canEnd(state)
        let copy = try fresh.state(of: seeds, canEnd: canEnd)
        return (fresh, copy)
    }

    private mutating func state(of seeds: [Item], canEnd: Bool) throws(ConstraintProblem) -> State {
        // Every seed has a byte on top, so that its closure is itself; only the bottom has none.
        try state(reading: canEnd ? seeds + [Item(position: endPosition, parent: GrammarAutomaton.bottom)] : seeds)
    }

    /// Any position where an alternative ends.
    private var endPosition: Int32 { Int32(grammar.code.count - 1) }
}
