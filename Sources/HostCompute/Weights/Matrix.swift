import HostCore

/// A weight matrix [rows = out, columns = in], row-major, in one of the formats that the kernels read.
package final class Matrix: Sendable {
    package let rows: Int
    package let columns: Int
    package let format: MatrixFormat
    /// Whether no stored number is NaN or infinite.
    package let isFinite: Bool
    let bytes: WeightBytes
    /// Present in the int8 format only.
    let scales: MatrixScales?

    init(
        rows: Int, columns: Int, format: MatrixFormat, bytes: WeightBytes, scales: MatrixScales? = nil, isFinite: Bool
    ) {
        precondition(bytes.count >= rows * columns * (format.dtype?.size ?? 1))
        precondition((scales != nil) == (format == .int8))
        self.rows = rows
        self.columns = columns
        self.format = format
        self.bytes = bytes
        self.scales = scales
        self.isFinite = isFinite
    }

    /// Bytes of memory, those of a mapped file among them.
    package var byteCount: Int { format.byteCount(rows: rows, columns: columns) }

    /// Whether the file's own bytes are used where they lie.
    package var isInPlace: Bool { bytes.isInPlace }
}

/// What turns the bytes of an int8 matrix into numbers:
/// w[r, c] = (q + 0.5) · columnScale[c] · rowScale[r] + columnOffset[c] + rowOffset[r].
package struct MatrixScales: Sendable {
    package let rowScale: Vector
    package let rowOffset: Vector
    package let columnScale: Vector
    package let columnOffset: Vector
}

extension Matrix {
    /// The bytes of an int8 matrix, [out, in] row-major, with its scales; nil in other formats.
    package var quantised: (bytes: [UInt8], scales: MatrixScales)? {
        guard let scales else { return nil }
        let raw = unsafe UnsafeRawBufferPointer(start: bytes.pointer, count: rows * columns)
        return unsafe (Array(raw), scales)
    }
}
