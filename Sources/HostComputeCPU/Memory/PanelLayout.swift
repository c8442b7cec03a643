import CHostKernels
import HostCore

/// How a matrix is cut into panels; `hostkernels.h` tells what one looks like inside.
struct PanelLayout {
    static let rows = Int(RK_PANEL_ROWS)

    let panelBytes: Int
    /// Bytes of one step of one row in floating-point formats: a float, a pair of bfloat16, a float16.
    let unit: Int
    /// Bytes of a row of a floating-point format as it is stored row by row.
    let rowBytes: Int

    init(_ format: MatrixFormat, columns: Int) {
        unit = format == .float16 ? 2 : 4
        rowBytes = columns * (format.dtype?.size ?? 0)
        switch format {
        case .int8: panelBytes = rk_panel_bytes_i8(columns)
        case .int4: panelBytes = rk_panel_bytes_i4(columns)
        case .float32, .bfloat16, .bfloat16Dot, .float16:
            panelBytes = (rowBytes + unit - 1) / unit * unit * Self.rows
        }
    }

    static func count(rows: Int) -> Int { (rows + Self.rows - 1) / Self.rows }
}
