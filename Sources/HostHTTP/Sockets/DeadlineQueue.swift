/// Deadlines of many connections, the earliest first.
///
/// An entry is a hint: a connection whose deadline has moved on since is put back by its owner when the old entry comes up.
///
/// - Cost: O(log n) to add and to take.
struct DeadlineQueue<Time: Comparable & Sendable>: Sendable {
    private var heap: [(time: Time, id: UInt64)] = []

    var earliest: Time? { heap.first?.time }
    var count: Int { heap.count }

    mutating func add(_ id: UInt64, at time: Time) {
        heap.append((time, id))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].time < heap[parent].time else { return }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    /// Takes the earliest entry if its time has come.
    mutating func takeDue(at now: Time) -> (time: Time, id: UInt64)? {
        guard let first = heap.first, first.time <= now else { return nil }
        let last = heap.removeLast()
        guard !heap.isEmpty else { return first }
        heap[0] = last
        var parent = 0
        while true {
            var smallest = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
                if heap[child].time < heap[smallest].time { smallest = child }
            }
            guard smallest != parent else { return first }
            heap.swapAt(parent, smallest)
            parent = smallest
        }
    }
}

extension Duration {
    /// Whole milliseconds for a poller, rounded up so that it never wakes before the time; at most a minute.
    var pollMilliseconds: Int32 {
        guard self > .zero else { return 0 }
        guard self < .seconds(60) else { return 60_000 }
        let (seconds, attoseconds) = components
        return Int32(seconds) * 1000 + Int32((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}
