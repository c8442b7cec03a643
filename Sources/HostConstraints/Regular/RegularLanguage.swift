/// A regular language as a deterministic automaton over classes of characters.
struct RegularLanguage: Sendable {
    let alphabet: ScalarAlphabet
    /// The successor of state `s` by class `c` at `s * classCount + c`; −1 where no text goes on.
    private(set) var next: [Int32]
    private(set) var accepts: [Bool]
    var start: Int

    static let none: Int32 = -1

    var classCount: Int { alphabet.classes.count }
    var stateCount: Int { accepts.count }
    /// Whether there is no text in it, once it is trimmed.
    var isEmpty: Bool { !accepts.contains(true) }

    init(_ alphabet: ScalarAlphabet, next: [Int32], accepts: [Bool], start: Int = 0) {
        self.alphabet = alphabet
        self.next = next
        self.accepts = accepts
        self.start = start
    }

    func successor(of state: Int, by class: Int) -> Int32 { next[state * classCount + `class`] }

    func contains(_ text: String) -> Bool {
        var state = Int32(start)
        for scalar in text.unicodeScalars {
            guard let number = alphabet.number(of: scalar) else { return false }
            state = successor(of: Int(state), by: number)
            if state < 0 { return false }
        }
        return accepts[Int(state)]
    }

    // MARK: What leads where

    /// The same language without states that no text goes through.
    var trimmed: RegularLanguage {
        let leads = reaching { accepts[$0] }
        var numbers = [Int32](repeating: RegularLanguage.none, count: stateCount)
        var order: [Int] = []
        func number(_ state: Int) -> Int32 {
            guard leads[state] else { return RegularLanguage.none }
            if numbers[state] < 0 {
                numbers[state] = Int32(order.count)
                order.append(state)
            }
            return numbers[state]
        }
        guard number(start) >= 0 else { return RegularLanguage(alphabet, next: emptyRow, accepts: [false]) }
        var next: [Int32] = []
        var done = 0
        while done < order.count {
            for target in self.next[order[done] * classCount..<(order[done] + 1) * classCount] {
                next.append(target < 0 ? target : number(Int(target)))
            }
            done += 1
        }
        return RegularLanguage(alphabet, next: next, accepts: order.map { accepts[$0] })
    }

    /// For each state whether every text whatever may follow it.
    var universal: [Bool] {
        let total = self.total
        return Array(total.reaching { !total.accepts[$0] }.prefix(stateCount)).map { !$0 }
    }

    private var emptyRow: [Int32] { [Int32](repeating: RegularLanguage.none, count: classCount) }

    /// For each state whether a way leads from it to one that has a property.
    private func reaching(_ holds: (Int) -> Bool) -> [Bool] {
        var origins = [[Int32]](repeating: [], count: stateCount)
        for state in 0..<stateCount {
            var last = RegularLanguage.none
            for target in next[state * classCount..<(state + 1) * classCount] where target >= 0 && target != last {
                origins[Int(target)].append(Int32(state))
                last = target
            }
        }
        var result = (0..<stateCount).map(holds)
        var open = (0..<stateCount).filter { result[$0] }
        while let state = open.popLast() {
            for origin in origins[state] where !result[Int(origin)] {
                result[Int(origin)] = true
                open.append(Int(origin))
            }
        }
        return result
    }

    /// With a state for texts that do not go on.
    private var total: RegularLanguage {
        let sink = Int32(stateCount)
        var total = self
        total.next = next.map { $0 < 0 ? sink : $0 } + [Int32](repeating: sink, count: classCount)
        total.accepts.append(false)
        return total
    }

    // MARK: Operations

    /// All other texts; the states keep their numbers.
    var complement: RegularLanguage {
        var complement = total
        complement.accepts = complement.accepts.map { !$0 }
        return complement
    }

    /// The texts of both, which have one alphabet.
    func intersection(
        _ other: RegularLanguage, with work: RegularWork
    ) throws(ConstraintProblem) -> RegularLanguage {
        var pairs: [(Int, Int)] = [(start, other.start)]
        var numbers: [Int: Int32] = [start * other.stateCount + other.start: 0]
        var next: [Int32] = []
        var accepts: [Bool] = []
        while accepts.count < pairs.count {
            let (left, right) = pairs[accepts.count]
            accepts.append(self.accepts[left] && other.accepts[right])
            try work.spend(classCount)
            for number in 0..<classCount {
                let (a, b) = (successor(of: left, by: number), other.successor(of: right, by: number))
                guard a >= 0, b >= 0 else {
                    next.append(RegularLanguage.none)
                    continue
                }
                let key = Int(a) * other.stateCount + Int(b)
                if let known = numbers[key] {
                    next.append(known)
                } else {
                    try RegularLanguage.check(pairs.count)
                    numbers[key] = Int32(pairs.count)
                    next.append(Int32(pairs.count))
                    pairs.append((Int(a), Int(b)))
                }
            }
        }
        return RegularLanguage(alphabet, next: next, accepts: accepts).trimmed
    }

    /// The texts of a length; of the longer ones only those for which there is room.
    ///
    /// - Throws: when even the shortest of these texts need too many states.
    func limited(least: Int, most: Int?) throws(ConstraintProblem) -> RegularLanguage {
        // One copy of the states for each length up to the greatest that counts, which without a `most` goes on for ever.
        var layers: [[Int]] = [[start]]
        var total = 1
        let last = most ?? least
        while layers.count <= last {
            var isSeen = [Bool](repeating: false, count: stateCount)
            for state in layers[layers.count - 1] {
                for target in next[state * classCount..<(state + 1) * classCount] where target >= 0 {
                    isSeen[Int(target)] = true
                }
            }
            let layer = isSeen.indices.filter { isSeen[$0] }
            total += layer.count
            if layer.isEmpty { break }
            if total > ConstraintLimits.regularStates {
                if layers.count <= least { try RegularLanguage.check(total) }
                break
            }
            layers.append(layer)
        }
        return layered(layers, least: least, isOpen: most == nil && layers.count > least).trimmed
    }

    /// - Parameter isOpen: whether behind the last layer the states go on as they are.
    private func layered(_ layers: [[Int]], least: Int, isOpen: Bool) -> RegularLanguage {
        var numbers: [[Int: Int32]] = []
        var count: Int32 = 0
        for layer in layers {
            numbers.append(Dictionary(uniqueKeysWithValues: layer.enumerated().map { ($1, count + Int32($0)) }))
            count += Int32(layer.count)
        }
        var next: [Int32] = []
        var accepts: [Bool] = []
        for (length, layer) in layers.enumerated() {
            for state in layer {
                accepts.append(self.accepts[state] && length >= least)
                for target in self.next[state * classCount..<(state + 1) * classCount] {
                    if length + 1 < layers.count {
                        next.append(numbers[length + 1][Int(target)] ?? RegularLanguage.none)
                    } else {
                        next.append(isOpen && target >= 0 ? count + target : RegularLanguage.none)
                    }
                }
            }
        }
        if isOpen {
            accepts += self.accepts
            next += self.next.map { $0 < 0 ? $0 : $0 + count }
        }
        return RegularLanguage(alphabet, next: next, accepts: accepts)
    }

    static func check(_ count: Int) throws(ConstraintProblem) {
        guard count < ConstraintLimits.regularStates else {
            throw ConstraintProblem(
                "it comes to more than \(ConstraintLimits.regularStates) states",
                advice: "Use smaller repetition counts or lengths.")
        }
    }
}
