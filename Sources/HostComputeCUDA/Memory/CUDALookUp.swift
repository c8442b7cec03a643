import HostCompute
import HostCore

/// A table in the host's memory whose rows are looked up there and sent with the pass: a token needs one row of it.
@safe final class CUDATable: @unchecked Sendable {
    let rows: Int, columns: Int
    private let dtype: DType
    private let bytes: any ByteRegion

    init(_ tensor: CheckpointTensor) {
        (rows, columns, dtype, bytes) = (tensor.shape[0], tensor.shape[1], tensor.dtype, tensor.bytes)
    }

    /// Writes a row in fp32.
    func row(_ index: Int, into target: UnsafeMutablePointer<Float>) {
        precondition(index >= 0 && index < rows)
        let size = columns * dtype.size
        let tensor = CheckpointTensor(
            name: "row", dtype: dtype, shape: [columns], bytes: bytes.slice(index * size..<(index + 1) * size))
        for (column, value) in tensor.floats().enumerated() { unsafe target[column] = value }
    }

    /// Whether no number is NaN or infinite.
    var isFinite: Bool {
        let size = columns * dtype.size
        return (0..<rows).allSatisfy { index in
            CheckpointTensor(
                name: "row", dtype: dtype, shape: [columns], bytes: bytes.slice(index * size..<(index + 1) * size)
            ).floats().allSatisfy(\.isFinite)
        }
    }
}

/// A look-up of a program: which table, and where its rows go.
final class CUDALookUp: Sendable {
    let table: CUDATable
    let out: CUDAActivations

    init(_ table: CUDATable, into out: CUDAActivations) {
        precondition(out.width == table.columns && out.unit == .tokens)
        (self.table, self.out) = (table, out)
    }

    func fill(_ tokens: [Int]) throws(DeviceError) {
        let target = unsafe try out.makeArrival().floats
        for (index, token) in tokens.enumerated() { unsafe table.row(token, into: target + index * table.columns) }
    }
}
