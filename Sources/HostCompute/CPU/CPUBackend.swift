import CHostKernels
package import HostCore

/// The CPU: one table of kernels and one pool of threads.
package final class CPUBackend: Backend {
    package let device = Device.cpu
    package let pool: ThreadPool
    package let kernels: Kernels
    var table: rk_kernels { unsafe kernels.table }
    let arena = WeightArena()
    /// Activations made ready for the products of one call.
    let prepared = [PreparedRows(), PreparedRows(), PreparedRows()]
    let nearMemory = NearMemory()

    package init(threads: Int? = nil, kernels: Kernels = .best()) {
        pool = ThreadPool(threads: threads)
        self.kernels = kernels
    }

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

// MARK: Row by row

extension CPUBackend {
    package func embed(_ tokens: [Int], table weights: Matrix, norm: LayerNorm, rounding: DType?, into x: Activations) {
        precondition(x.width == weights.columns && norm.gain.count == x.width)
        x.resize(rows: tokens.count)
        inParts(tokens.count, cost: x.width, work: Embed(
            backend: self, tokens: tokens, weights: weights, norm: norm, rounding: rounding, x: x))
    }

    package func normalize(_ x: Activations, _ norm: LayerNorm, into y: Activations) {
        precondition(x.width == y.width && norm.gain.count == x.width)
        y.resize(rows: x.rows)
        inParts(x.rows, cost: x.width, work: Normalize(backend: self, x: x, norm: norm, y: y))
    }

    package func shift(_ y: Activations, in batch: RowBatch, slot: Int, weight: Vector, into out: Activations) {
        out.resize(rows: y.rows)
        shift(y, in: batch, slot: slot, weight: weight, into: out, addsToWeight: false)
    }

    package func shift(_ y: Activations, in batch: RowBatch, slot: Int, weight: Vector, offset: Activations) {
        precondition(offset.rows == y.rows)
        shift(y, in: batch, slot: slot, weight: weight, into: offset, addsToWeight: true)
    }

    private func shift(
        _ y: Activations, in batch: RowBatch, slot: Int, weight: Vector, into out: Activations, addsToWeight: Bool
    ) {
        let width = y.width
        precondition(out.width == width && weight.count == width && y.rows == batch.tokens.count)
        for (row, state) in batch.states.enumerated() {
            precondition(slot >= 0 && slot + width <= state.count)
            let range = batch.range(of: row)
            inParts(range.count, cost: width, work: Shift(
                backend: self, y: y, start: range.lowerBound, state: state, slot: slot, weight: weight, out: out,
                addsToWeight: addsToWeight))
        }
    }

    package func remember(_ y: Activations, in batch: RowBatch, slot: Int) {
        precondition(y.rows == batch.tokens.count)
        for (row, state) in batch.states.enumerated() where !batch.range(of: row).isEmpty {
            precondition(slot >= 0 && slot + y.width <= state.count)
            unsafe (state.pointer + slot).update(from: y.row(batch.range(of: row).upperBound - 1), count: y.width)
        }
    }

    package func apply(_ function: ElementFunction, to x: Activations) {
        // An exponential costs about as much as eight plain operations.
        inParts(x.rows * x.width, cost: 8, work: Elementwise(backend: self, operation: .function(function), x: x, y: x))
    }

    package func squareReLU(_ x: Activations) {
        inParts(x.rows * x.width, cost: 1, work: Elementwise(backend: self, operation: .squareReLU, x: x, y: x))
    }

    package func gate(_ y: Activations, bySigmoidOf r: Activations) {
        precondition(y.width == r.width && y.rows == r.rows)
        inParts(y.rows * y.width, cost: 1, work: Elementwise(backend: self, operation: .gate, x: r, y: y))
    }

    package func add(_ y: Activations, to x: Activations) {
        precondition(y.width == x.width && y.rows == x.rows)
        inParts(x.rows * x.width, cost: 1, work: Elementwise(backend: self, operation: .add, x: y, y: x))
    }

    package func gather(_ rows: ArraySlice<Int>, of x: Activations, into out: Activations) {
        precondition(out.width == x.width)
        out.resize(rows: rows.count)
        for (index, row) in rows.enumerated() {
            precondition(row >= 0 && row < x.rows)
            unsafe out.row(index).update(from: x.row(row), count: x.width)
        }
    }

    package func isFinite(_ x: Activations, row: Int) -> Bool {
        precondition(row >= 0 && row < x.rows)
        return unsafe table.all_finite_f32(x.row(row), x.width)
    }
}
