extension RegularLanguage {
    /// The texts that a regular expression matches from end to end.
    ///
    /// - Parameter alphabet: distinguishes the sets of the expression.
    /// - Throws: `ConstraintProblem` when it comes to too many states.
    init(_ node: RegexNode, _ alphabet: ScalarAlphabet, with work: RegularWork) throws(ConstraintProblem) {
        var subsets = try RegexSubsets(node, alphabet, depth: 0, work)
        var language = try subsets.language()
        language.start = subsets.atBegin
        self = language.trimmed
    }

    /// Repetitions that are tried where those that are asked for come to too many states.
    static let fewer = [64, 24, 8]

    /// Texts that all of these match, each from end to end: all such texts, or those in which nothing is repeated often
    /// where all of them come to too many states.
    ///
    /// - Parameters:
    ///   - fewer: how often may be repeated instead, one after the other.
    ///   - finish: what is to be done with the language before its states are counted.
    static func some(
        of nodes: [RegexNode], not others: [RegexNode] = [], with work: RegularWork, fewer: [Int] = RegularLanguage.fewer,
        finish: (RegularLanguage) throws(ConstraintProblem) -> RegularLanguage = { language throws(ConstraintProblem) in language }
    ) throws(ConstraintProblem) -> RegularLanguage {
        var problem: ConstraintProblem?, areTooMany = false
        for node in nodes where !areTooMany { areTooMany = try comesToTooMany(node) }
        if !areTooMany {
            do throws(ConstraintProblem) {
                return try finish(all(of: nodes, not: others, with: work))
            } catch {
                problem = error
            }
        }
        for most in fewer {
            let capped = nodes.map { $0.repeated(atMost: most) }
            guard capped != nodes else { continue }
            let language = try? finish(all(of: capped, not: others, with: work))
            if let language, !language.isEmpty { return language }
        }
        if let problem { throw problem }
        return try finish(all(of: nodes, not: others, with: work))
    }

    /// Whether an expression beside what it looks for would come to too many states, as far as their lengths show.
    private static func comesToTooMany(_ node: RegexNode) throws(ConstraintProblem) -> Bool {
        let program = try RegexProgram(node)
        var longest = 1
        for look in program.looks where !look.isNegative { longest = max(longest, try RegexProgram(look.node).steps.count) }
        return longest > 1 && program.steps.count * longest > 4 * ConstraintLimits.regularStates
    }

    /// The texts that all of these match, each from end to end.
    static func all(
        of nodes: [RegexNode], not others: [RegexNode] = [], with work: RegularWork
    ) throws(ConstraintProblem) -> RegularLanguage {
        var sets: Set<ScalarSet> = [.all]
        for node in nodes + others { node.collectSets(into: &sets) }
        try work.spend(sets.count * sets.reduce(0) { $0 + $1.ranges.count } / 16)
        let alphabet = ScalarAlphabet(sets)
        var languages: [RegularLanguage] = []
        for node in nodes { languages.append(try RegularLanguage(node, alphabet, with: work)) }
        for node in others { languages.append(try RegularLanguage(node, alphabet, with: work).complement.trimmed) }
        // The small ones first, so that what is in between stays small.
        languages.sort { $0.stateCount < $1.stateCount }
        if languages.isEmpty { languages.append(try RegularLanguage(.anything, alphabet, with: work)) }
        var result = languages[0]
        for language in languages.dropFirst() { result = try result.intersection(language, with: work) }
        return result
    }
}

/// Makes the states of an expression: sets of steps that are possible at once, each with what the rest must still be.
///
/// An assertion about what follows is a state of another automaton that goes along with its step, so that it may stand
/// anywhere, in a repetition, too.
private struct RegexSubsets {
    /// A language that the rest of a text must be of, and where it begins.
    private struct Look {
        let language: RegularLanguage
        let universal: [Bool]
        let atBegin: Int
        let inside: Int
    }

    private let alphabet: ScalarAlphabet
    private let program: RegexProgram
    private var looks: [Look] = []
    /// What the rest must be: sorted states of looks, `look << 32 | state`; the first set is empty.
    private var duties: [[UInt64]] = [[]]
    private var dutyNumbers: [[UInt64]: Int] = [[]: 0]
    /// Sorted threads, `step << 32 | duty`.
    private var states: [[UInt64]] = []
    private var stateNumbers: [[UInt64]: Int] = [:]
    private let work: RegularWork
    /// The states at the beginning of a text, and where something stands before.
    private(set) var atBegin = 0
    private(set) var inside = 0

    init(
        _ node: RegexNode, _ alphabet: ScalarAlphabet, depth: Int, _ work: RegularWork
    ) throws(ConstraintProblem) {
        self.alphabet = alphabet
        self.work = work
        program = try RegexProgram(node)
        guard depth < 8 else { throw ConstraintProblem("assertions are nested more than 8 levels deep") }
        for look in program.looks {
            var subsets = try RegexSubsets(look.node, alphabet, depth: depth + 1, work)
            let plain = try subsets.language()
            let language = look.isNegative ? plain.complement : plain
            looks.append(
                Look(
                    language: language, universal: language.universal, atBegin: subsets.atBegin,
                    inside: subsets.inside))
        }
        let seed = UInt64(program.start) << 32
        atBegin = try state(of: [seed], isBegin: true)
        inside = try state(of: [seed], isBegin: false)
    }

    mutating func language() throws(ConstraintProblem) -> RegularLanguage {
        let count = alphabet.classes.count
        var next: [Int32] = []
        var accepts: [Bool] = []
        while accepts.count < states.count {
            let threads = states[accepts.count]
            accepts.append(threads.contains { isComplete($0) })
            var seeds = [[UInt64]](repeating: [], count: count)
            for thread in threads {
                guard case .scalars(let set, let following) = program.steps[Int(thread >> 32)] else { continue }
                for number in alphabet.classes(of: set) {
                    try work.spend(1)
                    guard let duty = duty(Int(thread & 0xFFFF_FFFF), after: number) else { continue }
                    seeds[number].append(UInt64(following) << 32 | UInt64(duty))
                }
            }
            var known: [[UInt64]: Int32] = [:]
            for seeds in seeds {
                if seeds.isEmpty {
                    next.append(RegularLanguage.none)
                } else if let state = known[seeds] {
                    next.append(state)
                } else {
                    let state = Int32(try state(of: seeds, isBegin: false))
                    known[seeds] = state
                    next.append(state)
                }
            }
        }
        return RegularLanguage(alphabet, next: next, accepts: accepts)
    }

    private func isComplete(_ thread: UInt64) -> Bool {
        guard case .accept = program.steps[Int(thread >> 32)] else { return false }
        return duties[Int(thread & 0xFFFF_FFFF)].allSatisfy { looks[Int($0 >> 32)].language.accepts[Int($0 & 0xFFFF_FFFF)] }
    }

    /// Follows forks and assertions until each thread takes a character or is complete.
    private mutating func state(of seeds: [UInt64], isBegin: Bool) throws(ConstraintProblem) -> Int {
        var open = seeds
        var seen = Set(seeds)
        var threads: [UInt64] = []
        while let thread = open.popLast() {
            try work.spend(1)
            let duty = thread & 0xFFFF_FFFF
            var following: [UInt64] = []
            switch program.steps[Int(thread >> 32)] {
            case .scalars, .accept: threads.append(thread)
            case .fork(let targets): following = targets.map { UInt64($0) << 32 | duty }
            case .begin(let next): if isBegin { following = [UInt64(next) << 32 | duty] }
            case .look(let number, let next):
                let state = isBegin ? looks[number].atBegin : looks[number].inside
                if let more = self.duty(Int(duty), with: number, at: state) { following = [UInt64(next) << 32 | UInt64(more)] }
            }
            for thread in following where seen.insert(thread).inserted { open.append(thread) }
        }
        threads.sort()
        if let number = stateNumbers[threads] { return number }
        try RegularLanguage.check(states.count)
        stateNumbers[threads] = states.count
        states.append(threads)
        return states.count - 1
    }

    // MARK: Duties

    /// The duty that has one more state in it, nil where that state shuts everything out.
    private mutating func duty(_ duty: Int, with look: Int, at state: Int) -> Int? {
        if looks[look].universal[state] { return duty }
        let entry = UInt64(look) << 32 | UInt64(state)
        var entries = duties[duty]
        guard !entries.contains(entry) else { return duty }
        entries.append(entry)
        return number(of: entries)
    }

    /// The duty behind a character, nil where that leaves one that nothing can fulfil.
    private mutating func duty(_ duty: Int, after number: Int) -> Int? {
        guard duty > 0 else { return 0 }
        var entries: [UInt64] = []
        for entry in duties[duty] {
            let look = looks[Int(entry >> 32)]
            let state = look.language.successor(of: Int(entry & 0xFFFF_FFFF), by: number)
            guard state >= 0 else { return nil }
            if !look.universal[Int(state)] { entries.append((entry >> 32) << 32 | UInt64(state)) }
        }
        return self.number(of: entries)
    }

    private mutating func number(of entries: [UInt64]) -> Int {
        let sorted = Set(entries).sorted()
        if let number = dutyNumbers[sorted] { return number }
        dutyNumbers[sorted] = duties.count
        duties.append(sorted)
        return duties.count - 1
    }
}
