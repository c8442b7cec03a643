import HostCompute

/// How work is shared out to threads.
extension CPUBackend {
    /// Fewer numbers than this are done by the caller alone: waking others would take longer.
    static let parallelThreshold = 16_384

    /// Calls `body` with consecutive parts of 0..<count, on several threads when the work is worth it.
    ///
    /// - Parameter cost: numbers touched per unit of the count.
    /// - Cost: takes memory for the closure when several threads are used; the form with `work` does not.
    func inParts(_ count: Int, cost: Int, multipleOf step: Int = 1, _ body: (Range<Int>) -> Void) {
        guard partSize(count, cost: cost, multipleOf: step) < count else { return body(0..<count) }
        withoutActuallyEscaping(body) { inParts(count, cost: cost, multipleOf: step, work: PartCalls(body: $0)) }
    }

    /// The same with a value in place of a closure, for what runs many times for each token.
    func inParts(_ count: Int, cost: Int, multipleOf step: Int = 1, work: some PartWork) {
        let size = partSize(count, cost: cost, multipleOf: step)
        guard size < count else { return work.run(0..<count) }
        pool.parallel(partCount(count, of: size), work: Parts(work: work, size: size, count: count))
    }

    func partCount(_ count: Int, of size: Int) -> Int { (count + size - 1) / max(size, 1) }

    /// How much of 0..<count one thread takes at a time: all of it, unless the work is worth sharing.
    func partSize(_ count: Int, cost: Int, multipleOf step: Int = 1) -> Int {
        guard pool.threadCount > 1, count > step, count * cost >= Self.parallelThreshold else { return count }
        // Several parts for each thread, so that a slow core takes fewer of them.
        let wanted = (count + pool.threadCount * 4 - 1) / (pool.threadCount * 4)
        return (wanted + step - 1) / step * step
    }
}

/// Work on consecutive parts of a range that do not touch each other's data.
protocol PartWork {
    func run(_ part: Range<Int>)
}

private struct PartCalls: PartWork {
    let body: (Range<Int>) -> Void
    func run(_ part: Range<Int>) { body(part) }
}

/// Parts of one size, but for the last.
private struct Parts<Work: PartWork>: PoolWork {
    let work: Work
    let size: Int
    let count: Int

    func run(_ piece: Int, worker: Int) { work.run(piece * size..<min((piece + 1) * size, count)) }
}
