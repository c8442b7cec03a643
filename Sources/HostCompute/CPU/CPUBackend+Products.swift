import CHostKernels
import HostCore

extension CPUBackend {
    package func multiply(_ x: Activations, by matrix: Matrix, into y: Activations) {
        run(Products(backend: self, first: prepare(Product(x: x, matrix: matrix, y: y), slot: 0)))
    }

    package func multiply(_ a: Product, _ b: Product, _ c: Product?) {
        run(Products(
            backend: self, first: prepare(a, slot: 0), second: prepare(b, slot: 1), third: c.map { prepare($0, slot: 2) }))
    }

    private func run(_ products: Products) {
        if products.count > 1 { pool.parallel(products.count, work: products) } else if products.count == 1 { products.run(0) }
    }

    /// A product cut into parts of some rows, each for one thread.
    struct Job {
        let product: Product
        let slot: Int
        let rowsPerPart: Int
        let count: Int
    }

    /// The parts of up to three products, one after the other.
    private struct Products: PoolWork {
        let backend: CPUBackend
        let first: Job
        var second: Job?
        var third: Job?

        var count: Int { first.count + (second?.count ?? 0) + (third?.count ?? 0) }

        func run(_ piece: Int) {
            var piece = piece
            if piece < first.count { return backend.run(first, piece) }
            piece -= first.count
            if let second {
                if piece < second.count { return backend.run(second, piece) }
                piece -= second.count
            }
            if let third { backend.run(third, piece) }
        }
    }

    private func prepare(_ product: Product, slot: Int) -> Job {
        let x = product.x, matrix = product.matrix
        precondition(x.width == matrix.columns && product.y.width == matrix.rows && !matrix.isTable)
        product.y.resize(rows: x.rows)
        let cost = matrix.rows * max(matrix.columns, 1) * x.rows
        guard cost > 0 else { return Job(product: product, slot: slot, rowsPerPart: 1, count: 0) }
        switch matrix.format {
        case .bfloat16Dot: prepared[slot].round(x, on: self)
        case .int8, .int4: prepared[slot].quantise(x, on: self)
        case .float32, .bfloat16, .float16: break
        }
        guard cost >= Self.parallelThreshold, pool.threadCount > 1 else {
            return Job(product: product, slot: slot, rowsPerPart: matrix.rows, count: 1)
        }
        // Several parts for each thread, so that a slow core takes fewer of them. One token reads its part as four
        // streams, which are worth it only when they are long.
        let step = (x.rows == 1 ? 12 : 2) * PanelLayout.rows
        let wanted = (matrix.rows + pool.threadCount * 4 - 1) / (pool.threadCount * 4)
        let size = (wanted + step - 1) / step * step
        return Job(product: product, slot: slot, rowsPerPart: size, count: (matrix.rows + size - 1) / size)
    }

    func run(_ job: Job, _ index: Int) {
        let x = job.product.x, matrix = job.product.matrix, y = job.product.y
        let start = index * job.rowsPerPart, count = min(job.rowsPerPart, matrix.rows - start)
        let panelBytes = PanelLayout(matrix.format, columns: matrix.columns).panelBytes
        let w = unsafe matrix.bytes.pointer + start / PanelLayout.rows * panelBytes
        let out = unsafe y.row(0) + start, columns = matrix.columns
        let rows = prepared[job.slot]
        switch matrix.format {
        case .float32: unsafe table.product_f32(out, y.width, x.row(0), x.width * 4, w, count, columns, x.rows)
        case .bfloat16: unsafe table.product_bf16(out, y.width, x.row(0), x.width * 4, w, count, columns, x.rows)
        case .float16: unsafe table.product_f16(out, y.width, x.row(0), x.width * 4, w, count, columns, x.rows)
        case .bfloat16Dot:
            unsafe table.product_bf16_dot(out, y.width, rows.row(0), rows.rowBytes, w, count, columns, x.rows)
        case .int8: unsafe table.product_i8(out, y.width, rows.row(0), rows.rowBytes, w, count, columns, x.rows)
        case .int4: unsafe table.product_i4(out, y.width, rows.row(0), rows.rowBytes, w, count, columns, x.rows)
        }
    }
}
