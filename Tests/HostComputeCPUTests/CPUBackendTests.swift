import HostCompute
import HostCore
import Testing

@testable import HostComputeCPU

extension CPUBackend {
    /// Activations of this width with nothing in them.
    func activations(width: Int) -> any Activations { makeActivations(width: width, per: .tokens) }

    func activations(_ rows: [[Float]]) -> any Activations {
        let result = activations(width: rows.first?.count ?? 0)
        write(rows.flatMap(\.self), rows: rows.count, to: result)
        return result
    }

    /// Runs steps that need no state over so many rows.
    func run(_ steps: [Step], rows: Int) {
        var batch = RaggedBatch()
        batch.append([Int](repeating: 0, count: rows)[...], slot: 0)
        submit(prepare(steps, states: nil), batch)
    }

    func values(_ activations: any Activations, rows: Int) -> [Float] {
        var all = [Float](repeating: 0, count: rows * activations.width)
        read(activations, rows: 0..<rows, into: &all, at: 0)
        return all
    }

    /// Rows times a matrix.
    func product(_ rows: [[Float]], _ matrix: any Weight) -> [Float] {
        let y = activations(width: matrix.rows)
        run([.multiply([Product(activations(rows), matrix, into: y)])], rows: rows.count)
        return values(y, rows: rows.count)
    }
}

@Suite("The CPU backend")
struct CPUBackendTests {
    let backend = CPUBackend(threads: 2)

    @Test(
        "a matrix keeps the numbers of the file's type, aligned or not, and a table stays in place",
        arguments: [DType.float32, .bfloat16, .float16], [0, 1])
    func inPlace(dtype: DType, offset: Int) {
        var random = Random(seed: 8)
        let numbers = random.floats(37 * 50)
        let stored = tensor([37, 50], numbers, as: dtype, offset: offset)
        let plan = LayerPlan(device: .cpu, activation: .float32, weights: .float)
        let matrix = backend.makeMatrix(stored, as: MatrixFormat(stored: dtype, plan: plan))
        #expect(backend.makeTable(stored).isInPlace && matrix.isFinite && matrix.byteCount == 37 * 50 * dtype.size)
        let x = random.floats(50)
        let weights = EncodedWeights(numbers, as: dtype).values
        let expected = (0..<37).map { row in
            Float((0..<50).reduce(0.0) { $0 + Double(weights[row * 50 + $1]) * Double(x[$1]) })
        }
        #expect(greatestError(backend.product([x], matrix), expected) <= 1e-5)
    }

    @Test("wider weights are rounded to the plan's type", arguments: [DType.bfloat16, .float16])
    func rounded(activation: DType) {
        var random = Random(seed: 9)
        let numbers = random.floats(20 * 30)
        let plan = LayerPlan(device: .cpu, activation: activation, weights: .float)
        let matrix = backend.makeMatrix(tensor([20, 30], numbers), as: MatrixFormat(stored: .float32, plan: plan))
        #expect(!matrix.isInPlace && matrix.format.dtype == activation)
        let same = backend.makeMatrix(tensor([20, 30], numbers, as: activation), as: matrix.format)
        let x = random.floats(30)
        #expect(backend.product([x], matrix) == backend.product([x], same))
    }

    @Test("float64 weights become float32")
    func doubles() {
        let numbers: [Double] = [1, 0.1, -2, 1.0 / 3]
        let bytes = numbers.flatMap { number in (0..<8).map { UInt8(truncatingIfNeeded: number.bitPattern >> (8 * $0)) } }
        let stored = CheckpointTensor(name: "test", dtype: .float64, shape: [2, 2], bytes: TestRegion(bytes))
        let matrix = backend.makeMatrix(stored, as: MatrixFormat(keeping: .float64))
        #expect(backend.product([[1, 0], [0, 1]], matrix) == [1, -2, Float(0.1), Float(1.0 / 3)])
        #expect(stored.floats() == [1, Float(0.1), -2, Float(1.0 / 3)])
    }

    @Test(
        "quantised weights come back within a step, also of zero and constant matrices and groups",
        arguments: [(MatrixFormat.int8, Float(1.1 / 127)), (.int4, 1 / 6.2)], [0, 1, 2, 3])
    func quantised(item: (format: MatrixFormat, step: Float), kind: Int) {
        var random = Random(seed: 10)
        let rows = 24, columns = 70
        var numbers = random.floats(rows * columns)
        if kind == 1 { numbers = numbers.map { _ in 0 } }
        if kind == 2 { numbers = numbers.map { _ in -3 } }
        if kind == 3 { for column in 0..<columns { numbers[5 * columns + column] = column < 40 ? 2 : 0 } }
        let matrix = backend.makeMatrix(tensor([rows, columns], numbers), as: item.format)
        // A product with one activation alone is a weight.
        let x = (0..<columns).map { column in (0..<columns).map { $0 == column ? Float(1) : 0 } }
        let found = backend.product(x, matrix)
        for row in 0..<rows {
            for column in 0..<columns {
                let group = column / 32 * 32..<min(column / 32 * 32 + 32, columns)
                let most = group.map { abs(numbers[row * columns + $0]) }.max() ?? 0
                let weight = numbers[row * columns + column]
                #expect(abs(found[column * rows + row] - weight) <= most * item.step * 1.01)
            }
        }
    }

    @Test("NaN and infinity among the activations reach the result", arguments: [MatrixFormat.int8, .int4, .bfloat16Dot])
    func notFiniteActivations(format: MatrixFormat) {
        let matrix = backend.makeMatrix(tensor([3, 5], [Float](repeating: 1, count: 15)), as: format)
        for bad in [Float.nan, .infinity, -.infinity] {
            #expect(backend.product([[1, 2, bad, 4, 5]], matrix).allSatisfy { !$0.isFinite })
        }
    }

    @Test("products of one call are those of three calls", arguments: [MatrixFormat.float32, .bfloat16Dot, .int8])
    func severalProducts(format: MatrixFormat) {
        var random = Random(seed: 12)
        func product(_ rows: Int) -> Product {
            let matrix = backend.makeMatrix(tensor([rows, 90], random.floats(rows * 90)), as: format)
            let x = backend.activations([random.floats(90), random.floats(90)])
            return Product(x, matrix, into: backend.activations(width: rows))
        }
        let products = [product(400), product(37), product(130)]
        backend.run([.multiply(products)], rows: 2)
        for item in products {
            let alone = backend.activations(width: item.weight.rows)
            backend.run([.multiply([Product(item.x, item.weight, into: alone)])], rows: 2)
            #expect(backend.values(item.y, rows: 2) == backend.values(alone, rows: 2))
        }
    }

    @Test(
        "products with what follows them, many in a step, give the bits of steps one by one",
        arguments: [MatrixFormat.float32, .bfloat16, .int8, .int4], [1, 2, 5, 16])
    func followed(format: MatrixFormat, threads: Int) {
        let backend = CPUBackend(threads: threads)
        var random = Random(seed: 14)
        for rows in [1, 20] {
            func numbers(_ width: Int) -> [[Float]] { (0..<rows).map { _ in random.floats(width) } }
            let gate = numbers(300), stream = numbers(300)
            // Twice the same memory: what follows writes it.
            let streams = [backend.activations(stream), backend.activations(stream)]
            let sizes = [300, 300, 37, 512, 16, 1, 100, 640, 48]
            let factors = sizes.map { size in
                (
                    x: backend.activations(numbers(128)),
                    matrix: backend.makeMatrix(tensor([size, 128], random.floats(size * 128)), as: format, isSparse: size == 300)
                )
            }
            func products(_ place: Int) -> [Product] {
                let ends: [Product.Epilogue] = [
                    .gatedAdd(gate: backend.activations(gate), to: streams[place]), .apply(.sigmoid), .apply(.tanh),
                    .apply(.squareReLU), .none, .none, .none, .none, .none,
                ]
                return zip(factors, ends).map { Product($0.x, $0.matrix, into: backend.activations(width: $0.matrix.rows), then: $1) }
            }
            let whole = products(0), plain = products(1)
            backend.run([.multiply(whole)], rows: rows)
            for step in Step.multiply(plain).plain { backend.run([step], rows: rows) }
            for (one, other) in zip(whole, plain) { #expect(backend.values(one.y, rows: rows) == backend.values(other.y, rows: rows)) }
            #expect(backend.values(streams[0], rows: rows) == backend.values(streams[1], rows: rows))
            #expect(backend.values(streams[0], rows: rows) != stream.flatMap(\.self))
        }
    }

    @Test(
        "a matrix that skips zeros gives the bits of one that does not, however many rows and threads there are",
        arguments: [MatrixFormat.float32, .bfloat16, .bfloat16Dot, .float16, .int8, .int4], [1, 2, 5])
    func sparse(format: MatrixFormat, threads: Int) {
        let backend = CPUBackend(threads: threads)
        var random = Random(seed: 13)
        for (rows, columns) in [(350, 1280), (7, 20), (64, 33), (130, 64)] {
            let numbers = tensor([rows, columns], random.floats(rows * columns))
            let plain = backend.makeMatrix(numbers, as: format), sparse = backend.makeMatrix(numbers, as: format, isSparse: true)
            let isStripped = columns % (format.dtype == nil ? 64 : 2) == 0
            #expect((sparse.strips != nil) == isStripped && sparse.byteCount == plain.byteCount)
            for count in [1, 2, 3, 4, 5, 17] {
                let x = (0..<count).map { _ in random.floats(columns).map { max($0 - 0.7, 0) } }
                #expect(backend.product(x, sparse) == backend.product(x, plain))
            }
        }
    }

    @Test("zeros that meet infinity or NaN are not skipped")
    func sparseNotFinite() {
        let matrix = backend.makeMatrix(tensor([2, 2], [1, .infinity, .nan, 1]), as: .float32, isSparse: true)
        #expect(backend.product([[1, 0]], matrix).allSatisfy(\.isNaN) && backend.product([[0, 1]], matrix)[1].isNaN)
    }

    @Test("weights that are not finite are noticed, rounding to fp16 included")
    func notFinite() {
        let plan = LayerPlan(device: .cpu, activation: .float16, weights: .float)
        let format = MatrixFormat(stored: .float32, plan: plan)
        #expect(backend.makeMatrix(tensor([1, 2], [1, 2]), as: format).isFinite)
        #expect(!backend.makeMatrix(tensor([1, 2], [1, 1e6]), as: format).isFinite)
        #expect(!backend.makeMatrix(tensor([1, 2], [1, .nan]), as: .int8).isFinite)
        #expect(!backend.makeMatrix(tensor([1, 2], [.infinity, 0]), as: .float32).isFinite)
        #expect(!backend.makeVector(tensor([2], [0, .nan]).floats()).isFinite)
    }

    @Test("token shift takes the previous row, and the state before the first")
    func shift() {
        let pool = backend.makeStates(initial: [0, 0, 0, 0, 0, 0])
        for slot in 0..<2 { try? pool.take(slot) }
        try? pool.write([0, 0, 10, 20, 0, 0], to: 0)
        var batch = RaggedBatch()
        batch.append([1, 2][...], slot: 0)
        batch.append([3][...], slot: 1)
        let y = backend.activations([[1, 2], [3, 4], [5, 6]]), out = backend.activations(width: 2)
        let steps: [Step] = [
            .shift(y, offset: 2, weight: backend.makeVector([0.5, 0]), into: out), .storeShift(y, offset: 2),
        ]
        backend.submit(backend.prepare(steps, states: pool), batch)
        #expect(backend.values(out, rows: 3) == [5.5, 20, 2, 2, 2.5, 0])
        #expect((try? pool.read(0).values()) == [0, 0, 3, 4, 0, 0] && (try? pool.read(1).values()) == [0, 0, 5, 6, 0, 0])
    }

    @Test("an operation gives the same numbers on one thread and on many")
    func threads() {
        var random = Random(seed: 11)
        let numbers = random.floats(300 * 200), rows = (0..<40).map { _ in random.floats(200) }
        let results = [1, 5].map { count -> [Float] in
            let backend = CPUBackend(threads: count)
            let matrix = backend.makeMatrix(tensor([300, 200], numbers), as: .int8)
            let y = backend.activations(width: 300)
            let product = Product(backend.activations(rows), matrix, into: y, then: .apply(.squareReLU))
            backend.run([.multiply([product])], rows: rows.count)
            return backend.values(y, rows: rows.count)
        }
        #expect(results[0] == results[1])
    }

    @Test("available memory is read from the kernel's own words")
    func memory() {
        #expect(ProcFiles.kilobytes("MemAvailable:", in: "MemTotal: 8 kB\nMemAvailable:   5 kB\n") == 5120)
        #expect(ProcFiles.kilobytes("MemAvailable:", in: "nonsense") == nil)
        #expect((SystemMemory.available() ?? 1) > 0)
    }
}
