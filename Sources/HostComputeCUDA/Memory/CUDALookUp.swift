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

/// A look-up of a program: which table, and where its rows go. Layers share what they look up into, but not the memory that
/// rows are sent from: all of a pass are there before it begins.
final class CUDALookUp: Sendable {
    private let table: CUDATable
    private let out: CUDAActivations
    private let memory: PinnedMemory

    init(_ table: CUDATable, into out: CUDAActivations) throws(DeviceError) {
        precondition(out.width == table.columns && out.unit == .tokens)
        (self.table, self.out) = (table, out)
        memory = try PinnedMemory(out.owner.context, bytes: out.capacity * out.width * 4, for: "making room for a pass's input")
    }

    func fill(_ tokens: [Int]) {
        let target = unsafe memory.floats
        for (index, token) in tokens.enumerated() { unsafe table.row(token, into: target + index * table.columns) }
    }

    func send(tokens: Int, on stream: CUDAStream) throws(DeviceError) {
        unsafe try stream.copy(memory.pointer, to: out.address, bytes: tokens * out.width * 4)
    }
}
