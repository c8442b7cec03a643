/// Where a grammar counts: positions inside of a rule for "at most k times", and the same places for other k.
///
/// A unit takes at least a byte, so that for the next n bytes "at most k times" is the same for all k above n + 1.
struct GrammarCounts: Sendable {
    /// The chain of each position and its k; −1 outside of chains.
    private var chainOf: [Int32]
    private var levelOf: [Int32]
    /// Where the rule for k begins, by chain and k − 1.
    private var starts: [[Int32]] = []
    /// The greatest k.
    private(set) var greatest = 0

    /// - Parameter start: where the first alternative of a rule begins.
    init(
        rules: [GrammarLowering.Alternatives], chains: [[Int]], positionCount: Int, start: (Int) -> Int32
    ) {
        chainOf = [Int32](repeating: -1, count: positionCount)
        levelOf = chainOf
        let nullable = GrammarAnalysis.nullable(rules)
        for chain in chains where chain.count > 1 && GrammarCounts.takesBytes(chain, rules, nullable) {
            let number = Int32(starts.count)
            starts.append(chain.map(start))
            greatest = max(greatest, chain.count)
            for (index, rule) in chain.enumerated().dropFirst() {
                // The unit, and what follows it.
                for position in [start(rule), start(rule) + 1] {
                    chainOf[Int(position)] = number
                    levelOf[Int(position)] = Int32(index + 1)
                }
            }
        }
    }

    /// The place in the rule for `bound` times that this one has in the rule for more; itself elsewhere.
    func bounded(_ position: Int32, to bound: Int) -> Int32 {
        let chain = chainOf[Int(position)], level = Int(levelOf[Int(position)])
        guard chain >= 0, level > bound else { return position }
        let starts = starts[Int(chain)]
        return position - starts[level - 1] + starts[bound - 1]
    }

    /// Whether every rule of a chain is as it was made, and its unit never matches nothing.
    private static func takesBytes(
        _ chain: [Int], _ rules: [GrammarLowering.Alternatives], _ nullable: [Bool]
    ) -> Bool {
        for (index, rule) in chain.enumerated() {
            let alternatives = rules[rule]
            guard alternatives.count == 2, let unit = alternatives[0].first, alternatives[1].isEmpty else { return false }
            if case .rule(let inner) = unit, nullable[inner] { return false }
            let rest = alternatives[0].dropFirst()
            guard index == 0 ? rest.isEmpty : Array(rest) == [.rule(chain[index - 1])] else { return false }
        }
        return true
    }
}
