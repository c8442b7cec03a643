/// How many elements must change to turn one sequence into another; for "did you mean".
package enum EditDistance {
    /// - Cost: the product of both lengths.
    /// - Source: V. I. Levenshtein, "Binary codes capable of correcting deletions, insertions, and reversals", 1966.
    package static func between<Element: Equatable>(_ left: some Sequence<Element>, _ right: some Sequence<Element>) -> Int {
        let right = Array(right)
        var row = Array(0...right.count)
        for (i, element) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for j in right.indices {
                let change = diagonal + (right[j] == element ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = Swift.min(change, row[j + 1] + 1, row[j] + 1)
            }
        }
        return row[right.count]
    }
}
