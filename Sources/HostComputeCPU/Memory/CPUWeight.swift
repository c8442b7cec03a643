import HostCompute
import HostCore

/// A weight matrix [rows = out, columns = in] in one of the formats that the kernels read.
final class CPUWeight: Weight {
    let rows: Int
    let columns: Int
    let format: MatrixFormat
    /// Whether no stored number is NaN or infinite.
    let isFinite: Bool
    let bytes: WeightBytes
    /// Whether the rows lie one after the other, for looking up, and not in panels or strips, for multiplying.
    let isTable: Bool
    /// How it lies where single columns can be left unread; nil where it lies in panels.
    let strips: StripLayout?

    init(
        rows: Int, columns: Int, format: MatrixFormat, bytes: WeightBytes, isTable: Bool = false,
        strips: StripLayout? = nil, isFinite: Bool
    ) {
        precondition(bytes.count >= format.byteCount(rows: rows, columns: columns))
        self.rows = rows
        self.columns = columns
        self.format = format
        self.bytes = bytes
        self.isTable = isTable
        self.strips = strips
        self.isFinite = isFinite
    }

    /// Bytes of memory, those of a mapped file among them.
    var byteCount: Int { format.byteCount(rows: rows, columns: columns) }

    /// Whether the file's own bytes are used where they lie.
    var isInPlace: Bool { bytes.isInPlace }
}

extension Weight {
    /// The same where it is in the memory of this device.
    var onCPU: CPUWeight {
        guard let own = self as? CPUWeight else { preconditionFailure("a weight of another device") }
        return own
    }
}
