/// A grammar laid out for reading: every symbol of every alternative has a position, the next one follows it.
struct ByteGrammar: Sendable {
    /// What stands at a position: a number of a byte set, `end`, or a rule as `end - 1 - rule`.
    let code: [Int32]
    /// The positions where the alternatives of rule `n` begin are `starts[firstStart[n] ..< firstStart[n + 1]]`.
    let starts: [Int32]
    let firstStart: [Int32]
    let root: Int
    /// Bytes that no set distinguishes share a class.
    let byteClass: [UInt8]
    let classCount: Int
    /// Whether set `s` holds class `c`, at `s * classCount + c`.
    private let membership: [Bool]
    let counts: GrammarCounts

    static let end: Int32 = -1

    /// - Throws: `ConstraintProblem` when nothing matches, or a rule is left-recursive, or the grammar is too large.
    init(_ source: GrammarSource) throws(ConstraintProblem) {
        let (lowered, chains) = try GrammarLowering.rules(of: source)
        let rules = try GrammarAnalysis.checked(lowered, root: source.root)
        self.init(rules: rules, chains: chains, root: source.root)
    }

    private init(rules: [GrammarLowering.Alternatives], chains: [[Int]], root: Int) {
        var setNumbers: [ByteSet: Int32] = [:]
        var sets: [ByteSet] = []
        var code: [Int32] = []
        var starts: [Int32] = []
        var firstStart: [Int32] = []
        for alternatives in rules {
            firstStart.append(Int32(starts.count))
            for symbols in alternatives {
                starts.append(Int32(code.count))
                for symbol in symbols {
                    switch symbol {
                    case .rule(let rule): code.append(ByteGrammar.end - 1 - Int32(rule))
                    case .bytes(let set):
                        let number = setNumbers[set] ?? Int32(sets.count)
                        if number == sets.count {
                            setNumbers[set] = number
                            sets.append(set)
                        }
                        code.append(number)
                    }
                }
                code.append(ByteGrammar.end)
            }
        }
        firstStart.append(Int32(starts.count))
        self.code = code
        self.starts = starts
        self.firstStart = firstStart
        self.root = root
        (byteClass, classCount) = ByteGrammar.classes(of: sets)
        membership = ByteGrammar.membership(of: sets, byteClass: byteClass, classCount: classCount)
        counts = GrammarCounts(rules: rules, chains: chains, positionCount: code.count) { starts[Int(firstStart[$0])] }
    }

    /// Whether the set at a position holds a class of bytes.
    func accepts(_ class: Int, at position: Int32) -> Bool {
        membership[Int(code[Int(position)]) * classCount + `class`]
    }

    func alternatives(of rule: Int) -> ArraySlice<Int32> {
        starts[Int(firstStart[rule])..<Int(firstStart[rule + 1])]
    }

    /// Splits the classes by one set after the other.
    private static func classes(of sets: [ByteSet]) -> (byteClass: [UInt8], count: Int) {
        var classes = [Int](repeating: 0, count: 256)
        var count = 1
        for set in sets where count < 256 {
            // A class that the set cuts keeps its number outside of the set and gets a new one inside.
            var isOutside = [Bool](repeating: false, count: count)
            var inside = [Int](repeating: 0, count: count)
            for byte in 0..<256 where !set.contains(UInt8(byte)) { isOutside[classes[byte]] = true }
            for byte in 0..<256 where set.contains(UInt8(byte)) {
                let old = classes[byte]
                guard isOutside[old] else { continue }
                if inside[old] == 0 {
                    inside[old] = count
                    count += 1
                }
                classes[byte] = inside[old]
            }
        }
        return (classes.map { UInt8($0) }, count)
    }

    private static func membership(of sets: [ByteSet], byteClass: [UInt8], classCount: Int) -> [Bool] {
        var membership = [Bool](repeating: false, count: sets.count * classCount)
        for (number, set) in sets.enumerated() {
            for byte in 0..<256 where set.contains(UInt8(byte)) {
                membership[number * classCount + Int(byteClass[byte])] = true
            }
        }
        return membership
    }
}
