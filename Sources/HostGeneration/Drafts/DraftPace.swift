/// What a draft may cost in a step.
struct DraftPace: Equatable {
    /// The most tokens of a draft.
    var room: Int
    /// The tokens that the step gives without one.
    var tokens = 1.0
    /// How long it takes without one, in steps of a single row.
    var time = 1.0
    /// How much longer each token of the draft makes it.
    var timePerToken: Double

    /// How many tokens of a draft make text come fastest; 0 where any would make it slower.
    ///
    /// - Parameter chances: how likely each token is right, given that those before it are.
    func length(_ chances: [Double]) -> Int {
        var (tokens, time, agreed) = (tokens, time, 1.0)
        for (index, chance) in chances.prefix(room).enumerated() {
            agreed *= chance
            guard agreed * time > timePerToken * tokens else { return index }
            tokens += agreed
            time += timePerToken
        }
        return min(chances.count, max(room, 0))
    }
}

/// What rows take of a step's time, learnt from the steps themselves.
struct RowCost {
    /// What each further row takes, in steps of a single row.
    private(set) var share: Double
    private let isFixed: Bool
    /// Seconds of a step of a single row, and how many steps ago one was timed.
    private var single: (seconds: Double, age: Int)?

    /// What it is before anything is known.
    private static let usual = 0.12
    private static let singleWeight = 0.1, shareWeight = 0.05
    /// Single rows that were timed longer ago say little of the machine's pace now.
    private static let oldest = 100

    /// - Parameter share: what it is once and for all; nil learns it.
    init(share: Double? = nil) {
        self.share = share ?? Self.usual
        isFixed = share != nil
    }

    /// Seconds of a step of a single row; nil where that is not known.
    var stepSeconds: Double? { single?.seconds }

    mutating func note(rows count: Int, seconds: Double) {
        guard !isFixed else { return }
        guard count > 1 else {
            let before = single?.seconds ?? seconds
            single = (before + (seconds - before) * Self.singleWeight, 0)
            return
        }
        guard let (known, age) = single, age < Self.oldest, known > 0 else { return }
        single = (known, age + 1)
        let seen = (seconds / known - 1) / Double(count - 1)
        share += (min(max(seen, 0.01), 1) - share) * Self.shareWeight
    }
}
