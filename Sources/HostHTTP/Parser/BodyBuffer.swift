import HostRuntime

/// A body as it arrives. Memory follows what has come, at most twice as much, and all of it is reserved before it is taken.
struct BodyBuffer: Sendable {
    private static let firstCapacity = 64 << 10

    private var bytes: [UInt8] = []
    private var capacity = 0
    private var share: MemoryShare
    private let budget: MemoryBudget

    init(_ budget: MemoryBudget) {
        self.budget = budget
        share = budget.emptyShare()
    }

    var count: Int { bytes.count }

    /// Refuses a body that could not be held now.
    func check(expected: Int) throws(HTTPFailure) {
        if expected > budget.limit {
            throw HTTPFailure(413, "the body of \(expected) bytes is larger than the host's memory limit of \(budget.limit)")
        }
        if expected > budget.available { throw noMemory(for: expected) }
    }

    /// - Parameter expected: the size of the whole body, where its head says.
    mutating func append(_ slice: ArraySlice<UInt8>, expected: Int?) throws(HTTPFailure) {
        let needed = bytes.count + slice.count
        if needed > capacity {
            let doubled = max(2 * capacity, BodyBuffer.firstCapacity)
            let wanted = max(needed, min(doubled, expected ?? doubled))
            guard share.grow(by: wanted - capacity) else { throw noMemory(for: expected ?? wanted) }
            bytes.reserveCapacity(wanted)
            capacity = wanted
        }
        bytes.append(contentsOf: slice)
    }

    /// The whole body; the buffer is empty afterwards.
    mutating func finish() -> HTTPBody {
        let body = HTTPBody(bytes, share: share)
        self = BodyBuffer(budget)
        return body
    }

    private func noMemory(for bytes: Int) -> HTTPFailure {
        HTTPFailure(
            503,
            "no memory is free for a body of \(bytes) bytes: other requests hold \(budget.used) of "
                + "\(budget.limit); try again in a moment")
    }
}
