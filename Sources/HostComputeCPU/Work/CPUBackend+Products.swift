import CHostKernels
import HostCompute
import HostCore

extension CPUBackend {
    func productWork(_ products: [Product]) -> CPUWork {
        precondition((1...Products.most).contains(products.count))
        // What follows a product is done part by part, while others still multiply.
        for product in products {
            if case .gatedAdd(let gate, _) = product.epilogue { precondition(products.allSatisfy { $0.y !== gate }) }
        }
        let all = products.enumerated().map { unsafe CPUProduct($0.element, converted: converted[$0.offset], table: table) }
        let jobs = ProductJobs(count: all.count)
        return { [self] pass in
            for index in all.indices { unsafe jobs.pointer[index] = prepare(all[index], pass) }
            let work = Products(jobs, threads: pool.threadCount)
            pool.parallel(work.partCount, work: work)
        }
    }

    private func prepare(_ product: CPUProduct, _ pass: borrowing CPUPass) -> ProductJob {
        let x = product.x, matrix = product.matrix, y = product.y, tokens = pass.rows(of: x)
        guard matrix.rows > 0, tokens > 0 else { return ProductJob() }
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
        job.end = product.end
        return job
    }
}

/// A product whose memory is this device's, and what does not change from pass to pass.
private struct CPUProduct {
    let x: CPUActivations, matrix: CPUWeight, y: CPUActivations
    let converted: ConvertedActivations
    let panelBytes: Int
    let takesFloats: Bool
    let end: ProductEnd
    /// Keeps the memory that the end names.
    private let others: [CPUActivations]

    init(_ product: Product, converted: ConvertedActivations, table: rk_kernels) {
        (x, matrix, y) = (product.x.onCPU, product.weight.onCPU, product.y.onCPU)
        precondition(x.width == matrix.columns && y.width == matrix.rows && !matrix.isTable && x.unit == y.unit)
        self.converted = converted
        panelBytes = PanelLayout(matrix.format, columns: matrix.columns).panelBytes
        takesFloats = [.float32, .bfloat16, .float16].contains(matrix.format)
        others = product.epilogue.others
        unsafe end = ProductEnd(product.epilogue, table)
        precondition(others.allSatisfy { [y] in $0.width == y.width && $0.unit == y.unit })
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
