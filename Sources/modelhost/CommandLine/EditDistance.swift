/// How many letters must change to turn one word into another; for "did you mean".
enum EditDistance {
    /// - Cost: the product of both lengths.
    /// - Source: V. I. Levenshtein, "Binary codes capable of correcting deletions, insertions, and reversals", 1966.
    static func between(_ left: some StringProtocol, _ right: some StringProtocol) -> Int {
        let right = Array(right)
        var row = Array(0...right.count)
        for (i, character) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for j in right.indices {
                let change = diagonal + (right[j] == character ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = Swift.min(change, row[j + 1] + 1, row[j] + 1)
            }
        }
        return row[right.count]
    }
}
