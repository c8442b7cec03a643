import HostCore

/// A weight matrix [rows = out, columns = in] in one of the formats that the kernels read.
package final class Matrix: Sendable {
    package let rows: Int
    package let columns: Int
    package let format: MatrixFormat
    /// Whether no stored number is NaN or infinite.
    package let isFinite: Bool
    let bytes: WeightBytes
    /// Whether the rows lie one after the other, for looking up, and not in panels, for multiplying.
    let isTable: Bool

    init(
        rows: Int, columns: Int, format: MatrixFormat, bytes: WeightBytes, isTable: Bool = false, isFinite: Bool
    ) {
        precondition(bytes.count >= format.byteCount(rows: rows, columns: columns))
        self.rows = rows
        self.columns = columns
        self.format = format
        self.bytes = bytes
        self.isTable = isTable
        self.isFinite = isFinite
    }

    /// Bytes of memory, those of a mapped file among them.
    package var byteCount: Int { format.byteCount(rows: rows, columns: columns) }

    /// Whether the file's own bytes are used where they lie.
    package var isInPlace: Bool { bytes.isInPlace }
}
