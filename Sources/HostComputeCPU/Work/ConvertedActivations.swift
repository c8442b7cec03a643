import CHostKernels
import HostCompute

/// Activations as the products of some formats take them, a row per token; the memory grows and is kept.
final class ConvertedActivations: @unchecked Sendable {
    private var buffer = Buffer(uninitialised: 0)
    private(set) var rowBytes = 0
    /// Of the columns that count.
    private var list = Buffer(uninitialised: 0)

    func row(_ index: Int) -> UnsafeMutableRawPointer {
        unsafe UnsafeMutableRawPointer(buffer.pointer) + index * rowBytes
    }

    /// Makes room for rows of this many bytes.
    private func prepare(rows: Int, rowBytes: Int) {
        self.rowBytes = rowBytes
        let floats = (rows * rowBytes + 3) / 4
        if floats > buffer.count { buffer = Buffer(uninitialised: floats) }
    }

    /// Rounds to bfloat16, in pairs of columns. Rows lie an odd number of cache lines apart, so that those of one tile
    /// fall into different sets of the cache.
    func round(_ x: CPUActivations, rows: Int, on backend: CPUBackend) {
        prepare(rows: rows, rowBytes: (x.width * 2 + 63) / 64 * 64 | 64)
        backend.inParts(rows, cost: x.width, work: Rounding(backend: backend, x: x, rows: self))
    }

    /// Rounds to whole numbers with scales, as the products of a quantised format want them.
    func quantise(_ x: CPUActivations, rows: Int, for format: MatrixFormat, on backend: CPUBackend) {
        let isWide = format == .int8
        prepare(rows: rows, rowBytes: isWide ? rk_row_bytes_i8(x.width) : rk_row_bytes_i4(x.width))
        backend.inParts(rows, cost: x.width, work: Quantisation(backend: backend, x: x, rows: self, isWide: isWide))
    }

    /// Four rows meet quantised weights together where no list is; one reads as fast if it has less than this share of the columns.
    private static let listedShare = 0.45

    /// Lists the columns where some row is not zero; nil where the product is faster without.
    ///
    /// - Parameter x: the rows as products of the format take them.
    func listColumns(
        _ x: UnsafeRawPointer, rowBytes: Int, for format: MatrixFormat, _ strips: StripLayout, rows: Int
    ) -> UnsafeRawPointer? {
        let columns = strips.columns
        let bytes = format.dtype == nil ? rk_quad_list_bytes(columns) : rk_list_bytes(columns), floats = (bytes + 3) / 4
        if floats > list.count { list = Buffer(uninitialised: floats) }
        switch format {
        case .bfloat16Dot: unsafe rk_list_16(list.pointer, x, rowBytes, columns, rows)
        case .float32, .bfloat16, .float16: unsafe rk_list_32(list.pointer, x, rowBytes, columns, rows)
        case .int8: unsafe rk_list_i8(list.pointer, x, rowBytes, columns, rows, strips.pitch)
        case .int4: unsafe rk_list_i4(list.pointer, x, rowBytes, columns, rows, strips.pitch)
        }
        let all = unsafe UnsafeRawPointer(list.pointer)
        guard format.dtype == nil, rows == Int(RK_LIST_TOKENS) else { return unsafe all }
        let groups = columns / Int(format == .int8 ? RK_UNIT_COLUMNS : RK_GROUP_COLUMNS)
        let quads = unsafe all.load(fromByteOffset: groups * MemoryLayout<UInt32>.stride, as: UInt32.self)
        return unsafe Double(4 * quads) > Self.listedShare * Double(columns) ? nil : all
    }

    private struct Rounding: PartWork {
        let backend: CPUBackend
        let x: CPUActivations
        let rows: ConvertedActivations

        func run(_ part: Range<Int>) {
            for index in part {
                let target = unsafe rows.row(index).assumingMemoryBound(to: UInt16.self)
                unsafe backend.table.bf16_from_f32(target, x.row(index), x.width)
                if x.width % 2 == 1 { unsafe target[x.width] = 0 }
            }
        }
    }

    private struct Quantisation: PartWork {
        let backend: CPUBackend
        let x: CPUActivations
        let rows: ConvertedActivations
        let isWide: Bool

        func run(_ part: Range<Int>) {
            let quantise = unsafe isWide ? backend.table.quantise_row_i8 : backend.table.quantise_row_i4
            for index in part { unsafe quantise(rows.row(index), x.row(index), x.width) }
        }
    }
}
