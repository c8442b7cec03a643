/// How often what was guessed came, distinguished by how much spoke for it.
struct Confidence {
    /// Chances at each level.
    private var chances: [Double]
    /// What a new observation weighs.
    private static let weight = 1.0 / 16

    init(_ chances: [Double]) { self.chances = chances }

    /// How likely the next token is right.
    func chance(at level: Int) -> Double { chances[min(level, chances.count - 1)] }

    mutating func note(_ came: Bool, at level: Int) {
        let level = min(level, chances.count - 1)
        chances[level] += ((came ? 1 : 0) - chances[level]) * Self.weight
    }
}

extension Confidence {
    /// By the number of tokens before the guess that were right.
    static let byLength = Confidence([0.2, 0.25, 0.35, 0.5, 0.7, 0.85, 0.95])

    /// The level of a guess after this many tokens that were right.
    static func level(after count: Int) -> Int {
        switch count {
        case ...1: 0
        case 2: 1
        case 3: 2
        case 4...5: 3
        case 6...8: 4
        case 9...16: 5
        default: 6
        }
    }
}
