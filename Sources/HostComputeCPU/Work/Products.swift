/// The memory of the jobs of one step, made once.
@safe final class ProductJobs: @unchecked Sendable {
    let count: Int
    let pointer: UnsafeMutablePointer<ProductJob>

    init(count: Int) {
        self.count = count
        unsafe pointer = .allocate(capacity: count)
        unsafe pointer.initialize(repeating: ProductJob(), count: count)
    }

    deinit { unsafe pointer.deallocate() }
}

/// Products that do not depend on each other, cut into parts that read about as many bytes each: a part may end one product
/// and begin the next.
@safe struct Products: PoolWork {
    /// A job takes no more; steps with more are several jobs.
    static let most = 8

    private let jobs: UnsafeMutablePointer<ProductJob>
    private let jobCount: Int
    private let byteCount: Int
    let partCount: Int
    /// Parts begin at multiples of this number of blocks.
    private let step: Int

    /// Tokens up to which memory sets the pace, not arithmetic.
    private static let fewTokens = 16
    /// More than this makes the last part of a job long.
    private static let mostBytes = 512 << 10
    /// With fewer panels to a part than this, parts of even size are worth an odd panel, which is read as one stream.
    private static let manyBlocks = 16

    init(_ jobs: ProductJobs, threads: Int) {
        unsafe self.jobs = jobs.pointer
        jobCount = jobs.count
        var bytes = 0, cost = 0, blocks = 0, tokens = 0, hasStrips = false
        for index in 0..<jobs.count {
            let job = unsafe jobs.pointer[index]
            bytes += job.byteCount
            blocks += job.blockCount
            cost += job.rows * max(job.columns, 1) * job.tokens
            tokens = max(tokens, job.tokens)
            unsafe hasStrips = hasStrips || job.strips != nil
        }
        byteCount = bytes
        guard threads > 1, cost >= CPUBackend.parallelThreshold else {
            (partCount, step) = (1, 1)
            return
        }
        let areFew = tokens <= Self.fewTokens
        if hasStrips {
            // Some to each thread, all alike.
            (partCount, step) = (threads * (areFew ? (blocks - 1) / (threads * 4) + 1 : 4), 1)
        } else {
            let rounds = max((bytes - 1) / (threads * Self.mostBytes) + 1, areFew ? 1 : 4)
            partCount = threads * rounds
            // Pairs of panels are read as two streams.
            step = areFew && blocks / partCount < Self.manyBlocks ? 1 : 2
        }
    }

    func run(_ part: Int, worker: Int) {
        let from = part * byteCount / partCount, to = (part + 1) * byteCount / partCount
        var start = 0
        for index in 0..<jobCount {
            let end = unsafe start + jobs[index].byteCount
            defer { start = end }
            if end <= from || start >= to { continue }
            let first = unsafe block(of: jobs[index], at: from - start), last = unsafe block(of: jobs[index], at: to - start)
            if first < last { unsafe jobs[index].run(first..<last) }
        }
    }

    /// Where a part begins that has bytes from one on: at the next block that it may begin with.
    private func block(of job: borrowing ProductJob, at byte: Int) -> Int {
        let block = (max(byte, 0) + job.blockBytes - 1) / job.blockBytes
        return min((block + step - 1) / step * step, job.blockCount)
    }
}
