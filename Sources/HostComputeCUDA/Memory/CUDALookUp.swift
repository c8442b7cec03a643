import Dispatch
import HostCompute
import HostCore
import Synchronization

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
    ///
    /// - Cost: all rows, by all cores.
    var isFinite: Bool {
        let size = columns * dtype.size, rowsPerPart = max((4 << 20) / max(size, 1), 1)
        let odd = Atomic<Bool>(false)
        DispatchQueue.concurrentPerform(iterations: (rows + rowsPerPart - 1) / rowsPerPart) { part in
            let first = part * rowsPerPart, end = min(first + rowsPerPart, rows)
            let tensor = CheckpointTensor(
                name: "rows", dtype: dtype, shape: [end - first, columns], bytes: bytes.slice(first * size..<end * size))
            if !tensor.floats().allSatisfy(\.isFinite) { odd.store(true, ordering: .relaxed) }
        }
        return !odd.load(ordering: .relaxed)
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
