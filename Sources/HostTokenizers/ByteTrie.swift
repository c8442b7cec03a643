/// A dictionary of byte strings that finds the longest one at a place in a text.
///
/// - Cost: a look-up reads at most as many bytes as the longest entry has; about nine bytes of memory for each node.
struct ByteTrie: Sendable {
    /// Nodes are numbered level by level, so a node's children are neighbours and need no pointers.
    /// Entry `n` is the byte on the edge to node `n`; the root, node 0, has none.
    private let edgeBytes: [UInt8]
    /// The children of node `n` are `firstChild[n] ..< firstChild[n + 1]`, sorted by their byte.
    private let firstChild: [UInt32]
    /// The value of node `n`, or -1.
    private let values: [Int32]
    /// The child of the root for each byte, or 0: the root has too many children to search.
    private let rootChild: [UInt32]

    /// - Parameter entries: distinct byte strings that are not empty, with values from 0.
    init(_ entries: some Sequence<(bytes: ArraySlice<UInt8>, value: Int32)>) {
        var builder = Builder()
        for entry in entries { builder.insert(entry.bytes, entry.value) }

        var order: [Int32] = [0]
        var edgeBytes: [UInt8] = [0]
        var firstChild: [UInt32] = []
        var values: [Int32] = []
        var visited = 0
        while visited < order.count {
            let node = Int(order[visited])
            visited += 1
            firstChild.append(UInt32(order.count))
            values.append(builder.values[node])
            for child in builder.sortedChildren(of: node) {
                order.append(child)
                edgeBytes.append(builder.bytes[Int(child)])
            }
        }
        firstChild.append(UInt32(order.count))

        var rootChild = [UInt32](repeating: 0, count: 256)
        for child in firstChild[0]..<firstChild[1] { rootChild[Int(edgeBytes[Int(child)])] = child }
        self.edgeBytes = edgeBytes
        self.firstChild = firstChild
        self.values = values
        self.rootChild = rootChild
    }

    /// Whether any entry begins with this byte.
    func hasEntry(beginningWith byte: UInt8) -> Bool { rootChild[Int(byte)] != 0 }

    /// The longest entry that the text has at `start`.
    func longestMatch(in text: Span<UInt8>, at start: Int) -> (value: Int32, end: Int)? {
        guard start < text.count else { return nil }
        var node = Int(rootChild[Int(text[start])])
        var position = start + 1
        var best: (value: Int32, end: Int)?
        while node != 0 {
            if values[node] >= 0 { best = (values[node], position) }
            guard position < text.count else { break }
            node = child(of: node, byte: text[position])
            position += 1
        }
        return best
    }

    private func child(of node: Int, byte: UInt8) -> Int {
        var low = Int(firstChild[node])
        var high = Int(firstChild[node + 1])
        while low < high {
            let middle = (low + high) / 2
            let found = edgeBytes[middle]
            if found == byte { return middle }
            if found < byte { low = middle + 1 } else { high = middle }
        }
        return 0
    }

    /// The tree while it grows: children as linked lists.
    private struct Builder {
        var bytes: [UInt8] = [0]
        var values: [Int32] = [-1]
        private var child: [Int32] = [0]
        private var sibling: [Int32] = [0]

        mutating func insert(_ entry: ArraySlice<UInt8>, _ value: Int32) {
            var node = 0
            for byte in entry {
                var next = Int(child[node])
                while next != 0, bytes[next] != byte { next = Int(sibling[next]) }
                if next == 0 {
                    next = bytes.count
                    bytes.append(byte)
                    values.append(-1)
                    child.append(0)
                    sibling.append(child[node])
                    child[node] = Int32(next)
                }
                node = next
            }
            values[node] = value
        }

        func sortedChildren(of node: Int) -> [Int32] {
            var children: [Int32] = []
            var next = child[node]
            while next != 0 {
                children.append(next)
                next = sibling[Int(next)]
            }
            return children.sorted { bytes[Int($0)] < bytes[Int($1)] }
        }
    }
}
