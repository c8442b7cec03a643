package import HostCore
import Synchronization

/// Another backend with a clock at every operation, for benchmarks.
package final class TimedBackend: Backend {
    /// What operations are counted as.
    package enum Part: String, Sendable, CaseIterable {
        /// Products of activations and weights.
        case products
        /// Token shifts and what states remember of them.
        case shifts
        /// What runs from token to token, with all that belongs to a head.
        case recurrence
        /// Normalisations, activation functions, sums, look-ups.
        case rest
    }

    private let base: any Backend
    private let spent = Mutex<[Part: Duration]>([:])

    package init(_ base: any Backend) { self.base = base }

    /// Time spent in each part since the last call.
    package func takeTimes() -> [Part: Duration] {
        spent.withLock { spent in
            defer { spent = [:] }
            return spent
        }
    }

    private func timed(_ part: Part, _ body: () -> Void) {
        let time = ContinuousClock().measure(body)
        spent.withLock { $0[part, default: .zero] += time }
    }
}

extension TimedBackend {
    package var device: Device { base.device }

    package func makeMatrix(_ tensor: CheckpointTensor, as format: MatrixFormat) -> Matrix {
        base.makeMatrix(tensor, as: format)
    }

    package func makeTable(_ tensor: CheckpointTensor) -> Matrix { base.makeTable(tensor) }

    package func makeVector(_ tensor: CheckpointTensor, _ transform: ((Float) -> Float)?) -> Vector {
        base.makeVector(tensor, transform)
    }

    package func multiply(_ x: Activations, by matrix: Matrix, into y: Activations) {
        timed(.products) { base.multiply(x, by: matrix, into: y) }
    }

    package func multiply(_ a: Product, _ b: Product, _ c: Product?) { timed(.products) { base.multiply(a, b, c) } }

    package func multiplyEach(_ x: Activations, byMatrices matrices: Activations, into out: Activations) {
        timed(.products) { base.multiplyEach(x, byMatrices: matrices, into: out) }
    }

    package func shift(_ y: Activations, in batch: RowBatch, slot: Int, weight: Vector, into out: Activations) {
        timed(.shifts) { base.shift(y, in: batch, slot: slot, weight: weight, into: out) }
    }

    package func shift(_ y: Activations, in batch: RowBatch, slot: Int, weight: Vector, offset: Activations) {
        timed(.shifts) { base.shift(y, in: batch, slot: slot, weight: weight, offset: offset) }
    }

    package func remember(_ y: Activations, in batch: RowBatch, slot: Int) {
        timed(.shifts) { base.remember(y, in: batch, slot: slot) }
    }

    package func recur4(
        r: Activations, k: Activations, v: Activations, in batch: RowBatch, slot: Int,
        decay: Vector, first: Vector, into out: Activations
    ) {
        timed(.recurrence) {
            base.recur4(r: r, k: k, v: v, in: batch, slot: slot, decay: decay, first: first, into: out)
        }
    }

    package func recur6(_ recurrence: Recurrence6, in batch: RowBatch, slot: Int) {
        timed(.recurrence) { base.recur6(recurrence, in: batch, slot: slot) }
    }

    package func recur7(_ recurrence: Recurrence7, in batch: RowBatch, slot: Int) {
        timed(.recurrence) { base.recur7(recurrence, in: batch, slot: slot) }
    }

    package func embed(_ tokens: [Int], table: Matrix, norm: LayerNorm, rounding: DType?, into x: Activations) {
        timed(.rest) { base.embed(tokens, table: table, norm: norm, rounding: rounding, into: x) }
    }

    package func normalize(_ x: Activations, _ norm: LayerNorm, into y: Activations) {
        timed(.rest) { base.normalize(x, norm, into: y) }
    }

    package func apply(_ function: ElementFunction, to x: Activations) { timed(.rest) { base.apply(function, to: x) } }

    package func split(_ x: Activations, into parts: ArraySlice<Activations>) {
        timed(.rest) { base.split(x, into: parts) }
    }

    package func lookUp(_ tokens: [Int], in table: Matrix, into out: Activations) {
        timed(.rest) { base.lookUp(tokens, in: table, into: out) }
    }

    package func scale(_ y: Activations, by x: Activations, plus base: Vector) {
        timed(.rest) { self.base.scale(y, by: x, plus: base) }
    }

    package func copy(_ x: Activations, into out: Activations) { timed(.rest) { base.copy(x, into: out) } }

    package func squareReLU(_ x: Activations) { timed(.rest) { base.squareReLU(x) } }

    package func gate(_ y: Activations, bySigmoidOf r: Activations) { timed(.rest) { base.gate(y, bySigmoidOf: r) } }

    package func add(_ y: Activations, to x: Activations) { timed(.rest) { base.add(y, to: x) } }

    package func gather(_ rows: ArraySlice<Int>, of x: Activations, into out: Activations) {
        timed(.rest) { base.gather(rows, of: x, into: out) }
    }

    package func isFinite(_ x: Activations, row: Int) -> Bool { base.isFinite(x, row: row) }
}
