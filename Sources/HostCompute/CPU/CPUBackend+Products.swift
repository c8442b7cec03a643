import CHostKernels
import HostCore

/// Memory of the int8 product, reused from call to call.
final class Int8Scratch: @unchecked Sendable {
    private(set) var scaled = Activations(width: 0)
    /// Three sums for each token.
    let sums = Activations(width: 3)

    func prepare(rows: Int, width: Int) {
        if scaled.width != width { scaled = Activations(width: width) }
        scaled.resize(rows: rows)
        sums.resize(rows: rows)
    }
}

extension CPUBackend {
    package func multiply(_ x: Activations, by matrix: Matrix, into y: Activations) {
        precondition(x.width == matrix.columns && y.width == matrix.rows)
        y.resize(rows: x.rows)
        guard x.rows > 0 else { return }
        if let scales = matrix.scales {
            multiplyQuantised(x, by: matrix, scales: scales, into: y)
            return
        }
        let kernel = unsafe matrix.format == .bfloat16 ? table.matmul_bf16
            : matrix.format == .float16 ? table.matmul_f16 : table.matmul_f32
        let rowBytes = matrix.columns * (matrix.format.dtype?.size ?? 1)
        inParts(matrix.rows, cost: matrix.columns * x.rows, multipleOf: 16) { part in
            unsafe kernel(
                y.row(0) + part.lowerBound, y.width, x.row(0), x.width,
                matrix.bytes.pointer + part.lowerBound * rowBytes, part.count, matrix.columns, x.rows)
        }
    }

    /// With w = (q + ½)·s_c·s_r + o_c + o_r the product needs the bytes once and three sums of each vector.
    private func multiplyQuantised(_ x: Activations, by matrix: Matrix, scales: MatrixScales, into y: Activations) {
        scratch.prepare(rows: x.rows, width: x.width)
        let scaled = scratch.scaled, sums = scratch.sums
        inParts(x.rows, cost: x.width) { part in
            for index in part {
                unsafe table.scale_and_sum(
                    scaled.row(index), sums.row(index), x.row(index), scales.columnScale.pointer,
                    scales.columnOffset.pointer, x.width)
            }
        }
        inParts(matrix.rows, cost: matrix.columns * x.rows, multipleOf: 16) { part in
            unsafe table.matmul_u8(
                y.row(0) + part.lowerBound, y.width, scaled.row(0), scaled.width,
                matrix.bytes.pointer + part.lowerBound * matrix.columns, part.count, matrix.columns, x.rows)
            for index in 0..<x.rows {
                unsafe table.finish_u8(
                    y.row(index) + part.lowerBound, scales.rowScale.pointer + part.lowerBound,
                    scales.rowOffset.pointer + part.lowerBound, sums.row(index), part.count)
            }
        }
    }
}
