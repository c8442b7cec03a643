import CHostKernels
package import HostCompute
package import HostCore

extension CPUBackend {
    package func load(_ tensor: CheckpointTensor, as use: WeightUse) -> any Weight {
        // Until now nothing was taken but the names of things.
        pool.start()
        return switch use {
        case .product(let plan): makeMatrix(tensor, as: MatrixFormat(stored: tensor.dtype, plan: plan))
        case .table: makeTable(tensor)
        }
    }

    package func byteCount(rows: Int, columns: Int, stored: DType, as use: WeightUse) -> Int {
        switch use {
        case .product(let plan): MatrixFormat(stored: stored, plan: plan).byteCount(rows: rows, columns: columns)
        case .table: MatrixFormat(keeping: stored).byteCount(rows: rows, columns: columns)
        }
    }

    func makeMatrix(_ tensor: CheckpointTensor, as format: MatrixFormat) -> CPUWeight {
        let (source, rows, columns) = check(tensor)
        // Pages where two parts meet stay until the end.
        defer { source.forget(0..<source.count) }
        return pack(source, tensor.dtype, as: format, rows: rows, columns: columns)
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

    /// Converts, looks for NaN and infinity, and packs, panel by panel: what was read is still in the cache.
    private func pack(
        _ source: WeightBytes, _ stored: DType, as format: MatrixFormat, rows: Int, columns: Int
    ) -> CPUWeight {
        let layout = PanelLayout(format, columns: columns), target = format.dtype ?? .float32
        let failures = Flag(), height = PanelLayout.rows
        let bytes = unsafe WeightBytes(count: PanelLayout.count(rows: rows) * layout.panelBytes, in: arena) { memory in
            inParts(PanelLayout.count(rows: rows), cost: columns * height) { part in
                let wide = target == stored ? 0 : columns * height
                unsafe withUnsafeTemporaryAllocation(byteCount: wide * (4 + target.size), alignment: 64) { scratch in
                    for panel in part {
                        defer { forgetRead(source, before: panel + 1, of: part, rows, columns * stored.size) }
                        let count = min(height, rows - panel * height)
                        var from = unsafe source.pointer + panel * height * columns * stored.size
                        if target != stored, let base = scratch.baseAddress {
                            unsafe convert(from, stored, to: target, at: base + wide * 4, through: base, count * columns)
                            unsafe from = UnsafeRawPointer(base + wide * 4)
                        }
                        if unsafe !table.allFinite(from, target, count * columns) { failures.raise() }
                        unsafe pack(from, format, layout, count, columns, into: memory + panel * layout.panelBytes)
                    }
                }
            }
        }
        return CPUWeight(rows: rows, columns: columns, format: format, bytes: bytes, isFinite: !failures.isRaised)
    }

    /// Gives a file's pages back run by run, so that a matrix is never twice in memory whatever the number of parts.
    private func forgetRead(_ source: WeightBytes, before end: Int, of part: Range<Int>, _ rows: Int, _ rowBytes: Int) {
        let run = 64, read = end - part.lowerBound
        guard read % run == 0 || end == part.upperBound else { return }
        let start = end - (read - 1) % run - 1
        source.forget(start * PanelLayout.rows * rowBytes..<min(end * PanelLayout.rows, rows) * rowBytes)
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
