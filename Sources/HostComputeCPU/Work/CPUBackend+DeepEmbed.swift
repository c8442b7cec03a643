import CHostKernels
import HostCompute
import HostCore

extension CPUBackend {
    func lookUp(_ matrix: CPUWeight, into out: CPUActivations) -> CPUWork {
        guard matrix.isTable, let dtype = matrix.format.dtype else { preconditionFailure("rows are looked up in tables") }
        precondition(out.width == matrix.columns && out.unit == .tokens)
        return { [self] pass in
            let tokens = pass.batch.tokens
            inParts(
                tokens.count, cost: out.width,
                work: LookUp(
                    backend: self, tokens: tokens, matrix: matrix, dtype: dtype, out: out))
        }
    }

    func multiplyEach(
        _ x: CPUActivations, byMatrices matrices: CPUActivations, into out: CPUActivations
    ) -> CPUWork {
        let size = x.width
        precondition(out.width == size && matrices.width == size * size)
        precondition(matrices.unit == x.unit && out.unit == x.unit)
        return { [self] pass in
            inParts(pass.rows(of: x), cost: size * size, work: MultiplyEach(x: x, matrices: matrices, out: out))
        }
    }

    func scale(_ y: CPUActivations, by x: CPUActivations, plus base: CPUVector) -> CPUWork {
        precondition(y.width == x.width && y.unit == x.unit && base.count == y.width)
        return { [self] pass in
            inParts(pass.rows(of: y), cost: y.width, work: Scale(backend: self, y: y, x: x, base: base))
        }
    }
}

/// Rows of a table in fp32.
private struct LookUp: PartWork {
    let backend: CPUBackend
    let tokens: [Int]
    let matrix: CPUWeight
    let dtype: DType
    let out: CPUActivations

    func run(_ part: Range<Int>) {
        for index in part {
            precondition(tokens[index] >= 0 && tokens[index] < matrix.rows)
            let source = unsafe matrix.bytes.pointer + tokens[index] * matrix.columns * dtype.size
            unsafe backend.table.widen(source, dtype, into: out.row(index), count: matrix.columns)
        }
    }
}

/// out_j = Σ_i x_i m_ij, a matrix for each row.
private struct MultiplyEach: PartWork {
    let x: CPUActivations, matrices: CPUActivations, out: CPUActivations

    func run(_ part: Range<Int>) {
        let size = x.width
        for index in part {
            let row = unsafe x.row(index), matrix = unsafe matrices.row(index), target = unsafe out.row(index)
            for j in 0..<size { unsafe target[j] = 0 }
            for i in 0..<size {
                for j in 0..<size { unsafe target[j] += row[i] * matrix[i * size + j] }
            }
        }
    }
}

/// y = y ⊙ (x + base).
private struct Scale: PartWork {
    let backend: CPUBackend
    let y: CPUActivations, x: CPUActivations
    let base: CPUVector

    func run(_ part: Range<Int>) {
        for index in part { unsafe backend.table.scale_by(y.row(index), x.row(index), base.pointer, y.width) }
    }
}
