import CHostKernels
import HostCompute
import HostCore

extension CPUBackend {
    func productWork(_ products: [Product]) -> CPUWork {
        precondition((1...Step.plainProducts).contains(products.count))
        let all = products.enumerated().map { CPUProduct($0.element, converted: converted[$0.offset]) }
        let first = all[0], second = all.dropFirst().first, third = all.dropFirst(2).first
        return { [self] pass in
            run(
                Products(
                    first: prepare(first, pass), second: second.map { prepare($0, pass) } ?? ProductJob(),
                    third: third.map { prepare($0, pass) } ?? ProductJob()))
        }
    }

    private func run(_ products: Products) {
        if products.count > 1 {
            pool.parallel(products.count, work: products)
        } else if products.count == 1 {
            products.run(0, worker: 0)
        }
    }

    private func prepare(_ product: CPUProduct, _ pass: borrowing CPUPass) -> ProductJob {
        let x = product.x, matrix = product.matrix, y = product.y, tokens = pass.rows(of: x)
        let cost = matrix.rows * max(matrix.columns, 1) * tokens
        guard cost > 0 else { return ProductJob() }
        let rows = product.converted
        switch matrix.format {
        case .bfloat16Dot: rows.round(x, rows: tokens, on: self)
        case .int8, .int4: rows.quantise(x, rows: tokens, for: matrix.format, on: self)
        case .float32, .bfloat16, .float16: break
        }
        let takesFloats = product.takesFloats
        var job = unsafe ProductJob(
            y: y.row(0), yStride: y.width, x: takesFloats ? UnsafeRawPointer(x.row(0)) : UnsafeRawPointer(rows.row(0)),
            xBytes: takesFloats ? x.width * 4 : rows.rowBytes, weights: matrix.bytes.pointer,
            rows: matrix.rows, columns: matrix.columns, tokens: tokens)
        if let strips = matrix.strips {
            unsafe job.takeStrips(strips, table.strips(matrix.format))
            if tokens <= Int(RK_LIST_TOKENS), matrix.isFinite, let x = unsafe job.x {
                unsafe job.list = rows.listColumns(x, rowBytes: job.xBytes, for: matrix.format, strips, rows: tokens)
            }
        } else {
            unsafe job.takePanels(product.panelBytes, table.product(matrix.format))
        }
        if cost >= Self.parallelThreshold, pool.threadCount > 1 { job.cut(for: pool.threadCount) }
        return job
    }
}

/// A product whose memory is this device's, and what does not change from pass to pass.
private struct CPUProduct {
    let x: CPUActivations, matrix: CPUWeight, y: CPUActivations
    let converted: ConvertedActivations
    let panelBytes: Int
    let takesFloats: Bool

    init(_ product: Product, converted: ConvertedActivations) {
        (x, matrix, y) = (product.x.onCPU, product.weight.onCPU, product.y.onCPU)
        precondition(x.width == matrix.columns && y.width == matrix.rows && !matrix.isTable && x.unit == y.unit)
        self.converted = converted
        panelBytes = PanelLayout(matrix.format, columns: matrix.columns).panelBytes
        takesFloats = [.float32, .bfloat16, .float16].contains(matrix.format)
    }
}

private typealias PanelKernel =
    @convention(c) (
        UnsafeMutablePointer<Float>, Int, UnsafeRawPointer, Int, UnsafeRawPointer, Int, Int, Int
    ) -> Void
private typealias StripKernel =
    @convention(c) (
        UnsafeMutablePointer<Float>, Int, UnsafeRawPointer, Int, UnsafeRawPointer?, UnsafeRawPointer, Int, Int, Int, Int
    ) -> Void

/// A product cut into parts of some rows, each for one thread.
///
/// Addresses and sizes only: threads that counted references to the same objects would wait for each other. The program
/// that it is made for keeps matrix and activations.
@safe private struct ProductJob {
    var y: UnsafeMutablePointer<Float>?
    var yStride = 0
    var x: UnsafeRawPointer?
    var xBytes = 0
    var weights: UnsafeRawPointer?
    var rows = 0, columns = 0, tokens = 0
    /// The columns to read, where some need not be.
    var list: UnsafeRawPointer?
    var panels: PanelKernel?
    var strips: StripKernel?
    var pitch = 0
    /// Rows that lie together, and their bytes.
    var blockRows = 1, blockBytes = 0
    var rowsPerPart = Int.max

    mutating func takePanels(_ bytes: Int, _ kernel: PanelKernel) {
        unsafe panels = kernel
        (blockRows, blockBytes) = (PanelLayout.rows, bytes)
    }

    mutating func takeStrips(_ layout: StripLayout, _ kernel: StripKernel) {
        unsafe strips = kernel
        (blockRows, blockBytes, pitch) = (layout.rowsPerStrip, layout.stripBytes, layout.pitch)
    }

    var count: Int { rows == 0 ? 0 : (rows - 1) / rowsPerPart + 1 }

    /// Tokens up to which memory sets the pace, not arithmetic.
    private static let fewTokens = 16

    /// Parts of panels with about 512 KiB of weights at most, so that a slow core takes fewer of them and the last one is
    /// soon done; of strips some to each thread, all alike. Many tokens make even small parts long; for few, memory gives
    /// more the longer the streams are.
    mutating func cut(for threads: Int) {
        let areFew = tokens <= Self.fewTokens
        if unsafe strips != nil {
            let blocks = (rows - 1) / blockRows + 1
            let parts = threads * (areFew ? (blocks - 1) / (threads * 4) + 1 : 4)
            rowsPerPart = ((blocks - 1) / parts + 1) * blockRows
        } else {
            let step = 2 * blockRows, most = max((512 << 10) / max(blockBytes, 1) * blockRows, step)
            let parts = threads * (areFew ? 1 : 4)
            rowsPerPart = (min((rows - 1) / parts + 1, most) + step - 1) / step * step
        }
    }

    func run(_ part: Int) {
        guard let y = unsafe y, let x = unsafe x, let weights = unsafe weights else { return }
        let start = part * rowsPerPart, from = unsafe weights + start / blockRows * blockBytes
        let count = min(rowsPerPart, rows - start)
        if let strips = unsafe strips {
            unsafe strips(y + start, yStride, x, xBytes, list, from, pitch, count, columns, tokens)
        } else if let panels = unsafe panels {
            unsafe panels(y + start, yStride, x, xBytes, from, count, columns, tokens)
        }
    }
}

/// The parts of up to three products, one after the other.
private struct Products: PoolWork {
    let first: ProductJob, second: ProductJob, third: ProductJob

    var count: Int { first.count + second.count + third.count }

    func run(_ piece: Int, worker: Int) {
        let rest = piece - first.count, last = rest - second.count
        if rest < 0 { first.run(piece) } else if last < 0 { second.run(rest) } else { third.run(last) }
    }
}

extension rk_kernels {
    fileprivate func product(_ format: MatrixFormat) -> PanelKernel {
        switch format {
        case .float32: unsafe product_f32
        case .bfloat16: unsafe product_bf16
        case .bfloat16Dot: unsafe product_bf16_dot
        case .float16: unsafe product_f16
        case .int8: unsafe product_i8
        case .int4: unsafe product_i4
        }
    }

    fileprivate func strips(_ format: MatrixFormat) -> StripKernel {
        switch format {
        case .float32: unsafe strip_f32
        case .bfloat16: unsafe strip_bf16
        case .bfloat16Dot: unsafe strip_bf16_dot
        case .float16: unsafe strip_f16
        case .int8: unsafe strip_i8
        case .int4: unsafe strip_i4
        }
    }
}
