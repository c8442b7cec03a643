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

    package init(threads: Int? = nil, kernels: Kernels = .best()) {
        pool = ThreadPool(threads: threads)
        self.kernels = kernels
    }

    /// Fewer numbers than this are done by the caller alone: waking others would take longer.
    static let parallelThreshold = 16_384

    /// Calls `body` with consecutive parts of 0..<count, on several threads when the work is worth it.
    ///
    /// - Parameter cost: numbers touched per unit of the count.
    func inParts(_ count: Int, cost: Int, multipleOf step: Int = 1, _ body: (Range<Int>) -> Void) {
        guard pool.threadCount > 1, count > step, count * cost >= Self.parallelThreshold else {
            body(0..<count)
            return
        }
        // Several parts for each thread, so that a slow core takes fewer of them.
        let wanted = (count + pool.threadCount * 4 - 1) / (pool.threadCount * 4)
        let size = (wanted + step - 1) / step * step
        pool.parallel((count + size - 1) / size) { part in
            body(part * size..<min((part + 1) * size, count))
        }
    }
}

// MARK: Row by row

extension CPUBackend {
    package func embed(_ tokens: [Int], table weights: Matrix, norm: LayerNorm, rounding: DType?, into x: Activations) {
        precondition(x.width == weights.columns && norm.gain.count == x.width)
        x.resize(rows: tokens.count)
        inParts(tokens.count, cost: x.width) { part in
            for index in part {
                precondition(tokens[index] >= 0 && tokens[index] < weights.rows)
                let row = unsafe x.row(index)
                unsafe widen(weights, row: tokens[index], into: row)
                unsafe table.layer_norm(row, row, norm.gain.pointer, norm.bias.pointer, norm.epsilon, x.width)
                unsafe round(row, count: x.width, to: rounding)
            }
        }
    }

    package func normalize(_ x: Activations, _ norm: LayerNorm, into y: Activations) {
        precondition(x.width == y.width && norm.gain.count == x.width)
        y.resize(rows: x.rows)
        inParts(x.rows, cost: x.width) { part in
            for index in part {
                unsafe table.layer_norm(
                    y.row(index), x.row(index), norm.gain.pointer, norm.bias.pointer, norm.epsilon, x.width)
            }
        }
    }

    package func shift(_ y: Activations, in batch: RowBatch, slot: Int, weight: Vector, into out: Activations) {
        let width = y.width
        precondition(out.width == width && weight.count == width && y.rows == batch.tokens.count)
        out.resize(rows: y.rows)
        for (row, state) in batch.states.enumerated() {
            precondition(slot >= 0 && slot + width <= state.count)
            let range = batch.range(of: row)
            inParts(range.count, cost: width) { part in
                for offset in part {
                    let index = range.lowerBound + offset
                    let previous = unsafe offset == 0 ? state.pointer + slot : y.row(index - 1)
                    unsafe table.mix(out.row(index), y.row(index), previous, weight.pointer, width)
                }
            }
        }
    }

    package func remember(_ y: Activations, in batch: RowBatch, slot: Int) {
        precondition(y.rows == batch.tokens.count)
        for (row, state) in batch.states.enumerated() where !batch.range(of: row).isEmpty {
            precondition(slot >= 0 && slot + y.width <= state.count)
            unsafe (state.pointer + slot).update(from: y.row(batch.range(of: row).upperBound - 1), count: y.width)
        }
    }

    package func squareReLU(_ x: Activations) {
        inParts(x.rows * x.width, cost: 1) { part in
            unsafe table.relu_square(x.row(0) + part.lowerBound, part.count)
        }
    }

    package func gate(_ y: Activations, bySigmoidOf r: Activations) {
        precondition(y.width == r.width && y.rows == r.rows)
        inParts(y.rows * y.width, cost: 1) { part in
            unsafe table.sigmoid_gate(y.row(0) + part.lowerBound, r.row(0) + part.lowerBound, part.count)
        }
    }

    package func add(_ y: Activations, to x: Activations) {
        precondition(y.width == x.width && y.rows == x.rows)
        inParts(x.rows * x.width, cost: 1) { part in
            unsafe table.add(x.row(0) + part.lowerBound, y.row(0) + part.lowerBound, part.count)
        }
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

    /// One row of a floating-point matrix in fp32.
    private func widen(_ matrix: Matrix, row: Int, into target: UnsafeMutablePointer<Float>) {
        guard matrix.isTable, let dtype = matrix.format.dtype else { preconditionFailure("an embedding is a table") }
        let source = unsafe matrix.bytes.pointer + row * matrix.columns * dtype.size
        unsafe table.widen(source, dtype, into: target, count: matrix.columns)
    }

    private func round(_ row: UnsafeMutablePointer<Float>, count: Int, to dtype: DType?) {
        guard let dtype, dtype == .bfloat16 || dtype == .float16 else { return }
        unsafe withUnsafeTemporaryAllocation(of: UInt16.self, capacity: count) { bits in
            guard let base = bits.baseAddress else { return }
            unsafe table.narrow(row, into: base, dtype, count: count)
            unsafe table.widen(base, dtype, into: row, count: count)
        }
    }
}
