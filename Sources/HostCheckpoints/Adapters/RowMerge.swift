import Dispatch
import HostCore

/// Adds an adapter's part to a matrix, row by row on all cores.
struct RowMerge: Sendable {
    enum Change: Sendable {
        /// A [r, in], and B [out, r] with its scale.
        case lowRank(down: [Float], up: [Float], rank: Int)
        /// M [r, out].
        case tiled([Float], rank: Int)
        /// M [in / r, r, r].
        case blocks([Float], rank: Int)
        /// As many numbers as the tensor has.
        case replaced([Float])
    }

    private let tensor: CheckpointTensor
    private let change: Change
    private let rows: Int, columns: Int

    /// - Parameter change: of sizes that fit the tensor; they were checked when the adapter was read.
    init(_ tensor: CheckpointTensor, _ change: Change) {
        (self.tensor, self.change) = (tensor, change)
        columns = tensor.shape.last ?? 1
        rows = columns > 0 ? tensor.elementCount / columns : 0
    }

    /// - Cost: as a product of the adapter's matrices.
    func bytes() -> OwnedBytes {
        let size = tensor.dtype.size
        return unsafe OwnedBytes(count: rows * columns * size) { target in
            // Each row is written by one thread.
            nonisolated(unsafe) let target = unsafe target
            DispatchQueue.concurrentPerform(iterations: rows) { row in
                var values = tensor.numbers(row * columns..<(row + 1) * columns)
                add(to: &values, row)
                let part = unsafe UnsafeMutableRawBufferPointer(rebasing: target[row * columns * size..<(row + 1) * columns * size])
                unsafe tensor.dtype.store(values, into: part)
            }
        }
    }

    private func add(to values: inout [Float], _ row: Int) {
        switch change {
        case .lowRank(let down, let up, let rank):
            for j in 0..<rank {
                let factor = up[row * rank + j], start = j * columns
                for column in 0..<columns { values[column] += factor * down[start + column] }
            }
        case .tiled(let tile, let rank):
            for column in 0..<columns { values[column] += tile[column % rank * rows + row] }
        case .blocks(let blocks, let rank):
            let own = values
            for block in 0..<columns / rank {
                let start = block * rank, matrix = block * rank * rank
                for k in 0..<rank {
                    var sum = blocks[matrix + row % rank * rank + k]
                    for j in 0..<rank { sum += own[start + j] * blocks[matrix + j * rank + k] }
                    values[start + k] += sum
                }
            }
        case .replaced(let whole):
            for column in 0..<columns { values[column] = whole[row * columns + column] }
        }
    }
}

extension CheckpointTensor {
    /// All numbers, or some of them, in fp32.
    func numbers(_ range: Range<Int>? = nil) -> [Float] {
        let range = range ?? 0..<elementCount, dtype = dtype, size = dtype.size
        return bytes.withBytes { bytes in
            range.map { index in
                switch dtype {
                case .bfloat16: Float(bitPattern: UInt32(bytes.integer(at: index * size, as: UInt16.self) ?? 0) << 16)
                case .float16: Half.widened(bytes.integer(at: index * size, as: UInt16.self) ?? 0)
                case .float64: Float(Double(bitPattern: bytes.integer(at: index * size, as: UInt64.self) ?? 0))
                default: Float(bitPattern: bytes.integer(at: index * size, as: UInt32.self) ?? 0)
                }
            }
        }
    }
}

extension DType {
    /// Writes numbers as elements of this type, rounded to nearest, ties to even.
    fileprivate func store(_ values: [Float], into target: UnsafeMutableRawBufferPointer) {
        for (index, value) in values.enumerated() {
            switch self {
            case .bfloat16:
                let bits = value.bitPattern
                let rounded = value.isNaN ? 0x7FC0 : UInt16(truncatingIfNeeded: (UInt64(bits) + 0x7FFF + UInt64(bits >> 16 & 1)) >> 16)
                unsafe target.storeBytes(of: rounded.littleEndian, toByteOffset: index * 2, as: UInt16.self)
            case .float16: unsafe target.storeBytes(of: Half.narrowed(value).littleEndian, toByteOffset: index * 2, as: UInt16.self)
            case .float64:
                unsafe target.storeBytes(of: Double(value).bitPattern.littleEndian, toByteOffset: index * 8, as: UInt64.self)
            default: unsafe target.storeBytes(of: value.bitPattern.littleEndian, toByteOffset: index * 4, as: UInt32.self)
            }
        }
    }
}
