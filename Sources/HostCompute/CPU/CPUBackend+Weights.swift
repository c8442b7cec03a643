import CHostKernels
package import HostCore

extension CPUBackend {
    package func makeMatrix(_ tensor: CheckpointTensor, as format: MatrixFormat) -> Matrix {
        precondition(tensor.shape.count == 2 && tensor.dtype.isFloatingPoint)
        let rows = tensor.shape[0], columns = tensor.shape[1]
        precondition(tensor.bytes.count >= rows * columns * tensor.dtype.size)
        let source = WeightBytes(inPlace: tensor.bytes)
        if format == .int8 { return quantise(source, tensor.dtype, rows: rows, columns: columns) }
        let target = format.dtype ?? .float32
        let bytes = target == tensor.dtype ? source : convert(source, tensor.dtype, to: target, rows, columns)
        return Matrix(
            rows: rows, columns: columns, format: format, bytes: bytes,
            isFinite: allFinite(bytes, target, rows, columns))
    }

    package func makeVector(_ tensor: CheckpointTensor, _ transform: ((Float) -> Float)?) -> Vector {
        precondition(tensor.dtype.isFloatingPoint)
        precondition(tensor.bytes.count >= tensor.elementCount * tensor.dtype.size)
        let source = WeightBytes(inPlace: tensor.bytes)
        var values = [Float](repeating: 0, count: tensor.elementCount)
        unsafe values.withUnsafeMutableBufferPointer { target in
            guard let base = target.baseAddress else { return }
            unsafe table.widen(source.pointer, tensor.dtype, into: base, count: target.count)
        }
        return Vector(transform.map { values.map($0) } ?? values)
    }

    /// Another element type, rounded to nearest even where it is narrower.
    private func convert(
        _ source: WeightBytes, _ stored: DType, to target: DType, _ rows: Int, _ columns: Int
    ) -> WeightBytes {
        unsafe WeightBytes(count: rows * columns * target.size) { memory in
            inParts(rows, cost: columns) { part in
                unsafe withUnsafeTemporaryAllocation(of: Float.self, capacity: columns) { wide in
                    guard let wideRow = wide.baseAddress else { return }
                    for row in part {
                        let from = unsafe source.pointer + row * columns * stored.size
                        let to = unsafe memory + row * columns * target.size
                        if target == .float32 {
                            unsafe table.widen(from, stored, into: to.assumingMemoryBound(to: Float.self), count: columns)
                        } else {
                            unsafe table.widen(from, stored, into: wideRow, count: columns)
                            unsafe table.narrow(
                                wideRow, into: to.assumingMemoryBound(to: UInt16.self), target, count: columns)
                        }
                    }
                }
            }
        }
    }

    /// The `rwkv` package's int8 scheme, in fp32 from the stored numbers.
    private func quantise(_ source: WeightBytes, _ stored: DType, rows: Int, columns: Int) -> Matrix {
        let wide = Buffer(count: rows * columns)
        inParts(rows, cost: columns) { part in
            let start = part.lowerBound * columns
            unsafe table.widen(
                source.pointer + start * stored.size, stored, into: wide.pointer + start, count: part.count * columns)
        }
        let isFinite = unsafe table.all_finite_f32(wide.pointer, rows * columns)
        let rowScale = Buffer(count: rows), rowOffset = Buffer(count: rows)
        let columnScale = Buffer(count: columns), columnOffset = Buffer(count: columns)
        let bytes = unsafe WeightBytes(count: rows * columns) { memory in
            guard rows > 0, columns > 0 else { return }
            unsafe rk_quantise_u8(
                memory.assumingMemoryBound(to: UInt8.self), rowScale.pointer, rowOffset.pointer,
                columnScale.pointer, columnOffset.pointer, wide.pointer, rows, columns)
        }
        let scales = MatrixScales(
            rowScale: Vector(rowScale), rowOffset: Vector(rowOffset),
            columnScale: Vector(columnScale), columnOffset: Vector(columnOffset))
        return Matrix(
            rows: rows, columns: columns, format: .int8, bytes: bytes, scales: scales, isFinite: isFinite)
    }

    private func allFinite(_ bytes: WeightBytes, _ dtype: DType, _ rows: Int, _ columns: Int) -> Bool {
        let failures = Flag()
        inParts(rows, cost: columns) { part in
            let from = unsafe bytes.pointer + part.lowerBound * columns * dtype.size
            let count = part.count * columns
            let isFinite = unsafe dtype == .bfloat16 ? table.all_finite_bf16(from, count)
                : dtype == .float16 ? table.all_finite_f16(from, count) : table.all_finite_f32(from, count)
            if !isFinite { failures.raise() }
        }
        return !failures.isRaised
    }
}

extension rk_kernels {
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
