import CHostKernels
import Foundation
package import HostCompute
package import HostCore

extension CPUBackend {
    package func load(_ tensor: CheckpointTensor, as use: WeightUse) -> any Weight {
        // Until now nothing was taken but the names of things.
        pool.start()
        return switch use {
        case .product(let plan): makeMatrix(tensor, as: MatrixFormat(stored: tensor.dtype, plan: plan))
        case .sparseProduct(let plan): makeMatrix(tensor, as: MatrixFormat(stored: tensor.dtype, plan: plan), isSparse: true)
        case .table: makeTable(tensor)
        }
    }

    package func skipsZeros(rows: Int, columns: Int, stored: DType, as use: WeightUse) -> Bool {
        guard case .sparseProduct(let plan) = use else { return false }
        return strips(MatrixFormat(stored: stored, plan: plan), rows, columns) != nil
    }

    private func strips(_ format: MatrixFormat, _ rows: Int, _ columns: Int) -> StripLayout? {
        StripLayout(format, rows: rows, columns: columns, threads: pool.threadCount)
    }

    package func byteCount(rows: Int, columns: Int, stored: DType, as use: WeightUse) -> Int {
        switch use {
        case .product(let plan), .sparseProduct(let plan):
            MatrixFormat(stored: stored, plan: plan).byteCount(rows: rows, columns: columns)
        case .table: MatrixFormat(keeping: stored).byteCount(rows: rows, columns: columns)
        }
    }

    /// - Parameter isSparse: whether columns are to be left unread that meet zeros, where that can be.
    func makeMatrix(_ tensor: CheckpointTensor, as format: MatrixFormat, isSparse: Bool = false) -> CPUWeight {
        let (source, rows, columns) = check(tensor)
        // Pages where two parts meet stay until the end.
        defer { source.forget(0..<source.count) }
        let strips = isSparse ? strips(format, rows, columns) : nil
        return pack(source, tensor.dtype, as: format, strips, rows: rows, columns: columns)
    }

    func makeTable(_ tensor: CheckpointTensor) -> CPUWeight {
        let (source, rows, columns) = check(tensor)
        let format = MatrixFormat(keeping: tensor.dtype)
        let target = format.dtype ?? .float32
        let bytes = target == tensor.dtype ? source : convert(source, tensor.dtype, to: target, rows, columns)
        return CPUWeight(
            rows: rows, columns: columns, format: format, bytes: bytes, isTable: true,
            isFinite: allFinite(bytes, target, rows, columns))
    }

    private func check(_ tensor: CheckpointTensor) -> (source: WeightBytes, rows: Int, columns: Int) {
        precondition(tensor.shape.count == 2 && tensor.dtype.isFloatingPoint)
        let rows = tensor.shape[0], columns = tensor.shape[1]
        precondition(tensor.bytes.count >= rows * columns * tensor.dtype.size)
        return (WeightBytes(inPlace: tensor.bytes), rows, columns)
    }

    /// Converts, looks for NaN and infinity, and packs, some panels at a time: what was read is still in the cache.
    private func pack(
        _ source: WeightBytes, _ stored: DType, as format: MatrixFormat, _ strips: StripLayout?, rows: Int, columns: Int
    ) -> CPUWeight {
        let layout = PanelLayout(format, columns: columns), target = format.dtype ?? .float32
        let failures = Flag(), height = PanelLayout.rows, panels = PanelLayout.count(rows: rows)
        // A line of strips takes several panels, which are made beside the matrix.
        let group = strips?.linePanels ?? 1, aside = strips == nil ? 0 : group * layout.panelBytes
        let wide = target == stored ? 0 : columns * height * (4 + target.size)
        let bytes = unsafe WeightBytes(count: strips?.byteCount ?? panels * layout.panelBytes, in: arena) { memory in
            inParts((panels + group - 1) / group, cost: columns * height * group) { part in
                unsafe withUnsafeTemporaryAllocation(byteCount: aside + wide, alignment: 64) { scratch in
                    let wideRows = unsafe scratch.baseAddress.map { unsafe $0 + aside }
                    for number in part {
                        defer { forgetRead(source, before: number + 1, of: part, rows, group, columns * stored.size) }
                        let first = number * group, count = min(group, panels - first)
                        let place = unsafe strips == nil ? memory + first * layout.panelBytes : scratch.baseAddress ?? memory
                        if count < group { unsafe _ = memset(place, 0, aside) }
                        for panel in 0..<count {
                            let row = (first + panel) * height
                            let isFinite = unsafe packPanel(
                                source.pointer + row * columns * stored.size, stored, as: format, layout,
                                min(height, rows - row), columns, through: wideRows,
                                into: place + panel * layout.panelBytes)
                            if !isFinite { failures.raise() }
                        }
                        unsafe strips?.lay(place, asLine: number, of: format, in: memory)
                    }
                }
            }
            if let strips { unsafe clear(strips, linesFrom: (panels + group - 1) / group, in: memory) }
        }
        return CPUWeight(
            rows: rows, columns: columns, format: format, bytes: bytes, strips: strips, isFinite: !failures.isRaised)
    }

    /// Zeros in the lines that fill up the last strip.
    private func clear(_ strips: StripLayout, linesFrom first: Int, in memory: UnsafeMutableRawPointer) {
        let last = strips.lineCount / strips.linesPerStrip - 1, used = first - last * strips.linesPerStrip
        guard used < strips.linesPerStrip else { return }
        let unit = Int(RK_UNIT_COLUMNS), scales = strips.scaleBytes / strips.linesPerStrip
        for number in 0..<strips.unitCount {
            let start = unsafe memory + last * strips.stripBytes + number * strips.unitBytes
            for column in 0..<min(unit, strips.columns - number * unit) {
                unsafe _ = memset(start + column * strips.pitch + used * Int(RK_LINE), 0, strips.pitch - used * Int(RK_LINE))
            }
            unsafe _ = memset(start + unit * strips.pitch + used * scales, 0, strips.scaleBytes - used * scales)
        }
    }

    /// Some rows of a file as a panel.
    ///
    /// - Parameter scratch: room for the rows in fp32 and in the format's own type, where that is not the file's.
    /// - Returns: whether every number is finite.
    private func packPanel(
        _ from: UnsafeRawPointer, _ stored: DType, as format: MatrixFormat, _ layout: PanelLayout, _ rows: Int,
        _ columns: Int, through scratch: UnsafeMutableRawPointer?, into panel: UnsafeMutableRawPointer
    ) -> Bool {
        let target = format.dtype ?? .float32
        var from = unsafe from
        if target != stored, let scratch = unsafe scratch {
            let narrow = unsafe scratch + columns * PanelLayout.rows * 4
            unsafe convert(from, stored, to: target, at: narrow, through: scratch, rows * columns)
            unsafe from = UnsafeRawPointer(narrow)
        }
        unsafe pack(from, format, layout, rows, columns, into: panel)
        return unsafe table.allFinite(from, target, rows * columns)
    }

    /// Gives a file's pages back run by run, so that a matrix is never twice in memory whatever the number of parts.
    ///
    /// - Parameter group: panels of a unit of the part.
    private func forgetRead(
        _ source: WeightBytes, before end: Int, of part: Range<Int>, _ rows: Int, _ group: Int, _ rowBytes: Int
    ) {
        let run = 64 / group, read = end - part.lowerBound
        guard read % run == 0 || end == part.upperBound else { return }
        let start = end - (read - 1) % run - 1, height = group * PanelLayout.rows
        source.forget(start * height * rowBytes..<min(end * height, rows) * rowBytes)
    }

    /// Some rows of a format's own type, or floats for the quantised formats, into a panel.
    private func pack(
        _ from: UnsafeRawPointer, _ format: MatrixFormat, _ layout: PanelLayout, _ rows: Int, _ columns: Int,
        into panel: UnsafeMutableRawPointer
    ) {
        switch format {
        case .int8: unsafe table.quantise_panel_i8(panel, from.assumingMemoryBound(to: Float.self), rows, columns)
        case .int4: unsafe table.quantise_panel_i4(panel, from.assumingMemoryBound(to: Float.self), rows, columns)
        case .float32, .bfloat16, .bfloat16Dot, .float16:
            unsafe rk_pack_panel(panel, from, rows, layout.rowBytes, layout.unit)
        }
    }

    package func makeVector(_ values: [Float]) -> any Vector { CPUVector(values) }

    /// Another element type, rounded to nearest even where it is narrower.
    private func convert(
        _ source: WeightBytes, _ stored: DType, to target: DType, _ rows: Int, _ columns: Int
    ) -> WeightBytes {
        unsafe WeightBytes(count: rows * columns * target.size, in: arena) { memory in
            inParts(rows, cost: columns) { part in
                unsafe withUnsafeTemporaryAllocation(byteCount: columns * 4, alignment: 64) { scratch in
                    guard let base = scratch.baseAddress else { return }
                    for row in part {
                        unsafe convert(
                            source.pointer + row * columns * stored.size, stored, to: target,
                            at: memory + row * columns * target.size, through: base, columns)
                    }
                }
            }
        }
    }

    /// `scratch` holds as many floats as there are numbers.
    private func convert(
        _ from: UnsafeRawPointer, _ stored: DType, to target: DType, at to: UnsafeMutableRawPointer,
        through scratch: UnsafeMutableRawPointer, _ count: Int
    ) {
        let floats = unsafe (target == .float32 ? to : scratch).assumingMemoryBound(to: Float.self)
        unsafe table.widen(from, stored, into: floats, count: count)
        guard target != .float32 else { return }
        unsafe table.narrow(floats, into: to.assumingMemoryBound(to: UInt16.self), target, count: count)
    }

    private func allFinite(_ bytes: WeightBytes, _ dtype: DType, _ rows: Int, _ columns: Int) -> Bool {
        let failures = Flag()
        inParts(rows, cost: columns) { part in
            let from = unsafe bytes.pointer + part.lowerBound * columns * dtype.size
            if unsafe !table.allFinite(from, dtype, part.count * columns) { failures.raise() }
        }
        return !failures.isRaised
    }
}

extension rk_kernels {
    func allFinite(_ numbers: UnsafeRawPointer, _ dtype: DType, _ count: Int) -> Bool {
        switch dtype {
        case .bfloat16: unsafe all_finite_bf16(numbers, count)
        case .float16: unsafe all_finite_f16(numbers, count)
        default: unsafe all_finite_f32(numbers, count)
        }
    }

    /// Exact, but for float64, which is rounded.
    func widen(_ source: UnsafeRawPointer, _ dtype: DType, into target: UnsafeMutablePointer<Float>, count: Int) {
        switch dtype {
        case .bfloat16: unsafe f32_from_bf16(target, source, count)
        case .float16: unsafe f32_from_f16(target, source, count)
        case .float64: unsafe f32_from_f64(target, source, count)
        default: unsafe UnsafeMutableRawPointer(target).copyMemory(from: source, byteCount: count * 4)
        }
    }

    /// Rounds to bfloat16 or float16.
    func narrow(_ source: UnsafePointer<Float>, into target: UnsafeMutablePointer<UInt16>, _ dtype: DType, count: Int) {
        if dtype == .bfloat16 {
            unsafe bf16_from_f32(target, source, count)
        } else {
            unsafe f16_from_f32(target, source, count)
        }
    }
}
