/// Merges the symbols of a word, lowest rank first and leftmost among equals, until no pair merges.
///
/// Holds scratch memory that is used again from word to word; one for each call of `encode`.
///
/// - Source: Sennrich et al. 2016, "Neural Machine Translation of Rare Words with Subword Units", section 3.2.
struct BytePairMerger {
    /// Up to this many symbols, a plain search for the best pair is quicker than a heap.
    private static let shortWord = 40

    private let merges: MergeTable
    /// The word's symbols; the caller fills them in, `merge` leaves the result.
    var symbols: [Int32] = []
    private var ranks: [UInt32] = []
    /// For long words: how many of the original symbols a symbol covers, kept at its first and its last place.
    private var lengths: [UInt32] = []

    init(merges: MergeTable) { self.merges = merges }

    /// Replaces `symbols` by the merged ones.
    ///
    /// - Cost: n log n for n symbols, 16 bytes of memory for each.
    mutating func merge() {
        if symbols.count < 2 { return }
        if symbols.count <= BytePairMerger.shortWord { mergeShortWord() } else { mergeLongWord() }
    }

    private mutating func mergeShortWord() {
        ranks.removeAll(keepingCapacity: true)
        for position in 1..<symbols.count { ranks.append(merges.rank(symbols[position - 1], symbols[position])) }
        while true {
            var best = MergeTable.noRank
            var place = 0
            for position in ranks.indices where ranks[position] < best {
                best = ranks[position]
                place = position
            }
            guard best != MergeTable.noRank else { return }
            symbols[place] = merges.result(ofRank: best)
            symbols.remove(at: place + 1)
            ranks.remove(at: place)
            if place > 0 { ranks[place - 1] = merges.rank(symbols[place - 1], symbols[place]) }
            if place < ranks.count { ranks[place] = merges.rank(symbols[place], symbols[place + 1]) }
        }
    }

    private mutating func mergeLongWord() {
        let count = symbols.count
        lengths = Array(repeating: 1, count: count)
        var heap = MinimumHeap()
        for place in 1..<count {
            let rank = merges.rank(symbols[place - 1], symbols[place])
            if rank != MergeTable.noRank { heap.addUnordered(BytePairMerger.entry(rank, place - 1)) }
        }
        heap.order()
        while let entry = heap.popMinimum() {
            let rank = UInt32(truncatingIfNeeded: entry >> 40)
            let place = Int(truncatingIfNeeded: entry & 0xFF_FFFF_FFFF)
            // An entry is stale when its symbols have merged with others since.
            guard symbols[place] >= 0 else { continue }
            let next = place + Int(lengths[place])
            guard next < count, merges.rank(symbols[place], symbols[next]) == rank else { continue }

            let end = next + Int(lengths[next])
            symbols[place] = merges.result(ofRank: rank)
            symbols[next] = -1
            lengths[place] = UInt32(end - place)
            lengths[end - 1] = UInt32(end - place)
            if place > 0 {
                let previous = place - Int(lengths[place - 1])
                let rank = merges.rank(symbols[previous], symbols[place])
                if rank != MergeTable.noRank { heap.push(BytePairMerger.entry(rank, previous)) }
            }
            if end < count {
                let rank = merges.rank(symbols[place], symbols[end])
                if rank != MergeTable.noRank { heap.push(BytePairMerger.entry(rank, place)) }
            }
        }
        symbols.removeAll { $0 < 0 }
    }

    private static func entry(_ rank: UInt32, _ place: Int) -> UInt64 { UInt64(rank) << 40 | UInt64(place) }
}

/// A priority queue of numbers, least first, with four children to a node for fewer cache misses.
private struct MinimumHeap {
    private var items: [UInt64] = []

    mutating func addUnordered(_ item: UInt64) { items.append(item) }

    mutating func order() {
        guard items.count > 1 else { return }
        for position in stride(from: (items.count - 2) / 4, through: 0, by: -1) { sink(from: position) }
    }

    mutating func push(_ item: UInt64) {
        items.append(item)
        var position = items.count - 1
        while position > 0 {
            let parent = (position - 1) / 4
            guard items[parent] > item else { break }
            items[position] = items[parent]
            position = parent
        }
        items[position] = item
    }

    mutating func popMinimum() -> UInt64? {
        guard let least = items.first, let last = items.popLast() else { return nil }
        if !items.isEmpty {
            items[0] = last
            sink(from: 0)
        }
        return least
    }

    private mutating func sink(from start: Int) {
        let item = items[start]
        var position = start
        while true {
            let first = 4 * position + 1
            guard first < items.count else { break }
            var least = first
            for child in (first + 1)..<max(first + 1, min(first + 4, items.count)) where items[child] < items[least] {
                least = child
            }
            guard items[least] < item else { break }
            items[position] = items[least]
            position = least
        }
        items[position] = item
    }
}
