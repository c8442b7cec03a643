import CHostKernels
import HostCore

extension CPUBackend {
    package func lookUp(_ tokens: [Int], in matrix: Matrix, into out: Activations) {
        guard matrix.isTable, let dtype = matrix.format.dtype else { preconditionFailure("rows are looked up in tables") }
        precondition(out.width == matrix.columns)
        out.resize(rows: tokens.count)
        inParts(tokens.count, cost: out.width) { part in
            for index in part {
                precondition(tokens[index] >= 0 && tokens[index] < matrix.rows)
                let source = unsafe matrix.bytes.pointer + tokens[index] * matrix.columns * dtype.size
                unsafe table.widen(source, dtype, into: out.row(index), count: matrix.columns)
            }
        }
    }

    package func multiplyEach(_ x: Activations, byMatrices matrices: Activations, into out: Activations) {
        let size = x.width
        precondition(out.width == size && matrices.width == size * size && matrices.rows == x.rows)
        out.resize(rows: x.rows)
        inParts(x.rows, cost: size * size) { part in
            for index in part {
                let row = unsafe x.row(index), matrix = unsafe matrices.row(index), target = unsafe out.row(index)
                for j in 0..<size { unsafe target[j] = 0 }
                for i in 0..<size {
                    for j in 0..<size { unsafe target[j] += row[i] * matrix[i * size + j] }
                }
            }
        }
    }

    package func scale(_ y: Activations, by x: Activations, plus base: Vector) {
        precondition(y.width == x.width && y.rows == x.rows && base.count == y.width)
        inParts(y.rows, cost: y.width) { part in
            for index in part { unsafe table.scale_by(y.row(index), x.row(index), base.pointer, y.width) }
        }
    }

    package func copy(_ x: Activations, into out: Activations) {
        precondition(out.width == x.width)
        out.resize(rows: x.rows)
        unsafe out.row(0).update(from: x.row(0), count: x.rows * x.width)
    }
}
