import CHostKernels
import HostCore

/// How a matrix is cut into strips, whose columns lie by themselves, so that those that meet zeros need not be read;
/// `hostkernels.h` says what a strip looks like inside.
struct StripLayout {
    /// Bytes of a column in a strip.
    let pitch: Int
    /// Panels whose rows share a line of a column.
    let linePanels: Int
    let columns: Int
    /// Lines of a whole column, those that fill up the last strip among them.
    let lineCount: Int
    /// Bytes of scales of a unit of columns, all rows of a strip; none where numbers stand for themselves.
    let scaleBytes: Int
    var unitCount: Int { rk_units(columns) }

    var linesPerStrip: Int { pitch / Int(RK_LINE) }
    var rowsPerStrip: Int { linesPerStrip * linePanels * PanelLayout.rows }
    /// Scales of quantised weights come after each unit of columns.
    var unitBytes: Int { Int(RK_UNIT_COLUMNS) * pitch + scaleBytes }
    var stripBytes: Int { columns * pitch + unitCount * scaleBytes }
    var byteCount: Int { lineCount / linesPerStrip * stripBytes }

    /// The most lines to a strip: what one pass of the kernels takes. More would only be longer pieces of memory.
    private static let mostLines = 4

    /// Nil for formats and sizes that the kernels do not know in strips.
    ///
    /// - Parameter threads: share out the strips of one pass; widths are chosen so that all get about as much.
    init?(_ format: MatrixFormat, rows: Int, columns: Int, threads: Int) {
        guard columns % (format.dtype == nil ? Int(RK_UNIT_COLUMNS) : 2) == 0 else { return nil }
        self.columns = columns
        switch format {
        case .float32: linePanels = 1
        case .bfloat16, .bfloat16Dot, .float16: linePanels = 2
        case .int8: linePanels = 4
        case .int4: linePanels = 8
        }
        let height = linePanels * PanelLayout.rows, lines = (rows + height - 1) / height
        /// Lines of the thread that has the most.
        func most(_ width: Int) -> Int { ((lines + width - 1) / width + threads - 1) / threads * width }
        let width = (1...Self.mostLines).reversed().min { most($0) < most($1) } ?? 1
        pitch = width * Int(RK_LINE)
        lineCount = (lines + width - 1) / width * width
        switch format {
        case .int8: scaleBytes = rk_strip_scales_i8(pitch)
        case .int4: scaleBytes = rk_strip_scales_i4(pitch)
        case .float32, .bfloat16, .bfloat16Dot, .float16: scaleBytes = 0
        }
    }

    /// Puts a line's panels, one after the other, where they belong.
    func lay(_ panels: UnsafeRawPointer, asLine line: Int, of format: MatrixFormat, in memory: UnsafeMutableRawPointer) {
        let strip = unsafe memory + line / linesPerStrip * stripBytes, place = line % linesPerStrip
        switch format {
        case .float32: unsafe rk_lay_line_f32(strip, pitch, place, panels, columns)
        case .float16: unsafe rk_lay_line_f16(strip, pitch, place, panels, columns)
        case .bfloat16, .bfloat16Dot: unsafe rk_lay_line_bf16(strip, pitch, place, panels, columns)
        case .int8: unsafe rk_lay_line_i8(strip, pitch, place, panels, columns)
        case .int4: unsafe rk_lay_line_i4(strip, pitch, place, panels, columns)
        }
    }
}
