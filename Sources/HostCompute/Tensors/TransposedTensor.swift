package import HostCore

extension CheckpointTensor {
    /// The matrices of a tensor whose last two axes are swapped, as own bytes: [in, out] or [count, in, out] becomes
    /// `count` tensors of shape [out, in].
    ///
    /// - Cost: a copy of every number.
    package func transposedMatrices() -> [CheckpointTensor] {
        precondition(shape.count == 2 || shape.count == 3)
        let count = shape.count == 3 ? shape[0] : 1
        let rows = shape[shape.count - 2], columns = shape[shape.count - 1]
        return (0..<count).map { number in
            let bytes = TransposedBytes(bytes, from: number * rows * columns, rows, columns, elementSize: dtype.size)
            return CheckpointTensor(name: name, dtype: dtype, shape: [columns, rows], bytes: bytes)
        }
    }
}

/// A matrix copied column by column.
@safe private final class TransposedBytes: ByteRegion, @unchecked Sendable {
    let count: Int
    private let pointer: UnsafeMutableRawPointer

    /// - Parameter first: the element that the matrix begins with.
    init(_ source: any ByteRegion, from first: Int, _ rows: Int, _ columns: Int, elementSize: Int) {
        let count = rows * columns * elementSize
        precondition(source.count >= first * elementSize + count)
        self.count = count
        let target = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1), alignment: 64)
        unsafe pointer = target
        source.withBytes { span in
            unsafe span.withUnsafeBytes { bytes in
                guard let base = bytes.baseAddress else { return }
                let start = unsafe base + first * elementSize
                switch elementSize {
                case 2: unsafe transpose(start, rows, columns, into: target, as: UInt16.self)
                case 4: unsafe transpose(start, rows, columns, into: target, as: UInt32.self)
                case 8: unsafe transpose(start, rows, columns, into: target, as: UInt64.self)
                default: preconditionFailure("weights have 2, 4 or 8 bytes")
                }
            }
        }
    }

    deinit { unsafe pointer.deallocate() }

    func withBytes<Result, Failure: Error>(_ body: (RawSpan) throws(Failure) -> Result) throws(Failure) -> Result {
        let buffer = unsafe UnsafeRawBufferPointer(start: pointer, count: count)
        return try unsafe body(RawSpan(_unsafeBytes: buffer))
    }
}

private func transpose<Element: BitwiseCopyable>(
    _ source: UnsafeRawPointer, _ rows: Int, _ columns: Int, into target: UnsafeMutableRawPointer, as type: Element.Type
) {
    let size = MemoryLayout<Element>.size
    for row in 0..<rows {
        for column in 0..<columns {
            let element = unsafe source.loadUnaligned(fromByteOffset: (row * columns + column) * size, as: type)
            unsafe target.storeBytes(of: element, toByteOffset: (column * rows + row) * size, as: type)
        }
    }
}
