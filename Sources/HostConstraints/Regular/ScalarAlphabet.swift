/// All characters in classes that a few sets do not distinguish.
struct ScalarAlphabet: Sendable {
    /// The characters of each class; together they are all there are.
    let classes: [ScalarSet]
    private let members: [ScalarSet: [Int]]

    /// - Cost: of each of the ranges, the number of sets that overlap there.
    init(_ sets: Set<ScalarSet>) {
        let sets = Array(sets)
        // Where sets begin and end, the ends before the beginnings.
        var changes: [(at: UInt32, set: Int, begins: Bool)] = []
        for (number, set) in sets.enumerated() {
            for range in set.ranges {
                changes.append((range.lowerBound, number, true))
                changes.append((range.upperBound + 1, number, false))
            }
        }
        changes.sort { ($0.at, $0.begins ? 1 : 0) < ($1.at, $1.begins ? 1 : 0) }
        let borders = Set(changes.map(\.at)).union([0, 0xE000]).filter { $0 <= 0x10FFFF }.sorted()
        var numbers: [[Int]: Int] = [:]
        var ranges: [[ClosedRange<UInt32>]] = []
        var members: [ScalarSet: [Int]] = [:]
        // The sets that the characters from here on are in, in order.
        var inside: [Int] = []
        var rest = changes[...]
        for (index, low) in borders.enumerated() {
            let high = index + 1 < borders.count ? borders[index + 1] - 1 : 0x10FFFF
            while let change = rest.first, change.at <= low {
                let place = inside.partitioningIndex { $0 >= change.set }
                if change.begins { inside.insert(change.set, at: place) } else { inside.remove(at: place) }
                rest = rest.dropFirst()
            }
            if let number = numbers[inside] {
                ranges[number].append(low...high)
                continue
            }
            numbers[inside] = ranges.count
            for number in inside { members[sets[number], default: []].append(ranges.count) }
            ranges.append([low...high])
        }
        classes = ranges.map { ScalarSet($0) }
        self.members = members
    }

    /// The classes that together are one of the sets.
    func classes(of set: ScalarSet) -> [Int] { members[set, default: []] }

    func number(of scalar: Unicode.Scalar) -> Int? { classes.firstIndex { $0.contains(scalar.value) } }
}

extension [Int] {
    /// The first place from which on all elements fulfil a condition, where those that do not come first.
    fileprivate func partitioningIndex(where belongs: (Int) -> Bool) -> Int {
        var low = startIndex, high = endIndex
        while low < high {
            let middle = (low + high) / 2
            if belongs(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
