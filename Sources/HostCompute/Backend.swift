package import HostCore

/// What a device must be able to do; models are written in these operations alone.
///
/// Operations on activations set the number of rows of what they write. Shapes are the caller's duty and trap when
/// wrong. Calls come from one thread at a time.
package protocol Backend: AnyObject, Sendable {
    var device: Device { get }

    /// Places a matrix of shape [out, in] on the device, in the layout that its products want.
    func makeMatrix(_ tensor: CheckpointTensor, as format: MatrixFormat) -> Matrix

    /// Places a matrix on the device whose rows are looked up one by one, in the file's own type where it can be.
    func makeTable(_ tensor: CheckpointTensor) -> Matrix

    /// Places a vector on the device in fp32, whatever its shape says, after a transformation of its numbers.
    func makeVector(_ tensor: CheckpointTensor, _ transform: ((Float) -> Float)?) -> Vector

    /// x = LN(table[token]), rounded to a 16-bit type where one is given.
    func embed(_ tokens: [Int], table: Matrix, norm: LayerNorm, rounding: DType?, into x: Activations)

    /// y = LN(x), row by row.
    func normalize(_ x: Activations, _ norm: LayerNorm, into y: Activations)

    /// Token shift: out = y ⊙ weight + previous ⊙ (1 - weight).
    ///
    /// The previous row of a sequence's first token is in its state at `slot`.
    func shift(_ y: Activations, in batch: RowBatch, slot: Int, weight: Vector, into out: Activations)

    /// Stores each sequence's last row in its state at `slot`, for the next token shift.
    func remember(_ y: Activations, in batch: RowBatch, slot: Int)

    /// y = x · matrixᵀ, row by row: [tokens, in] → [tokens, out].
    func multiply(_ x: Activations, by matrix: Matrix, into y: Activations)

    /// Two or three products that do not depend on each other; one hand-over to other threads instead of three.
    func multiply(_ a: Product, _ b: Product, _ c: Product?)

    /// RWKV-4's recurrence with its gate; aa, bb and pp lie one after the other in the states from `slot` on.
    ///
    /// - Shapes: r, k, v and out [tokens, channels]; decay and first [channels]. out may be r.
    func recur4(
        r: Activations, k: Activations, v: Activations, in batch: RowBatch, slot: Int,
        decay: Vector, first: Vector, into out: Activations)

    /// RWKV-5's and 6's recurrence; the heads' matrices lie one after the other in the states from `slot` on.
    func recur6(_ recurrence: Recurrence6, in batch: RowBatch, slot: Int)

    /// RWKV-7's recurrence; the heads' matrices lie one after the other in the states from `slot` on.
    func recur7(_ recurrence: Recurrence7, in batch: RowBatch, slot: Int)

    /// Token shift whose weight depends on the data: offset = y + (previous - y) ⊙ (weight + offset).
    func shift(_ y: Activations, in batch: RowBatch, slot: Int, weight: Vector, offset: Activations)

    /// x = f(x), element by element.
    func apply(_ function: ElementFunction, to x: Activations)

    /// The columns of x, shared out to parts that are as wide as x together.
    func split(_ x: Activations, into parts: ArraySlice<Activations>)

    /// out = rows of a table, one for each token.
    func lookUp(_ tokens: [Int], in table: Matrix, into out: Activations)

    /// Each row of x times a matrix of its own: out_j = Σ_i x_i m_ij.
    ///
    /// - Shapes: x and out [tokens, n]; matrices [tokens, n·n].
    func multiplyEach(_ x: Activations, byMatrices matrices: Activations, into out: Activations)

    /// y = y ⊙ (x + base).
    func scale(_ y: Activations, by x: Activations, plus base: Vector)

    /// out = x.
    func copy(_ x: Activations, into out: Activations)

    /// x = max(x, 0)².
    func squareReLU(_ x: Activations)

    /// y = sigmoid(r) ⊙ y.
    func gate(_ y: Activations, bySigmoidOf r: Activations)

    /// x = x + y.
    func add(_ y: Activations, to x: Activations)

    /// out = the rows of x with these numbers.
    func gather(_ rows: ArraySlice<Int>, of x: Activations, into out: Activations)

    /// Whether no number of a row is NaN or infinite.
    func isFinite(_ x: Activations, row: Int) -> Bool
}

extension Backend {
    package func makeTable(_ tensor: CheckpointTensor) -> Matrix {
        makeMatrix(tensor, as: MatrixFormat(keeping: tensor.dtype))
    }

    package func multiply(_ a: Product, _ b: Product, _ c: Product?) {
        multiply(a.x, by: a.matrix, into: a.y)
        multiply(b.x, by: b.matrix, into: b.y)
        if let c { multiply(c.x, by: c.matrix, into: c.y) }
    }
}

package enum ElementFunction: Sendable {
    case tanh, sigmoid
}

/// y = x · matrixᵀ, still to be computed.
package struct Product {
    package let x: Activations
    package let matrix: Matrix
    package let y: Activations

    package init(x: Activations, matrix: Matrix, y: Activations) {
        self.x = x
        self.matrix = matrix
        self.y = y
    }
}

/// The parameters of a layer normalisation.
package struct LayerNorm: Sendable {
    package let gain: Vector
    package let bias: Vector
    package let epsilon: Float

    package init(gain: Vector, bias: Vector, epsilon: Float) {
        precondition(gain.count == bias.count)
        self.gain = gain
        self.bias = bias
        self.epsilon = epsilon
    }
}
