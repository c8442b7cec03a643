import HostCore
import Testing

@testable import HostCompute

@Suite("The CPU backend")
struct CPUBackendTests {
    let backend = CPUBackend(threads: 2)

    func activations(_ rows: [[Float]]) -> Activations {
        let result = Activations(width: rows.first?.count ?? 0)
        result.resize(rows: rows.count)
        for (index, row) in rows.enumerated() {
            for (column, value) in row.enumerated() { unsafe result.row(index)[column] = value }
        }
        return result
    }

    func values(_ activations: Activations) -> [Float] {
        var all = [Float](repeating: 0, count: activations.rows * activations.width)
        for row in 0..<activations.rows { activations.read(row: row, into: &all, at: row * activations.width) }
        return all
    }

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
        let x = random.floats(50), y = Activations(width: 37)
        backend.multiply(activations([x]), by: matrix, into: y)
        let weights = EncodedWeights(numbers, as: dtype).values
        let expected = (0..<37).map { row in
            Float((0..<50).reduce(0.0) { $0 + Double(weights[row * 50 + $1]) * Double(x[$1]) })
        }
        #expect(greatestError(values(y), expected) <= 1e-5)
    }

    @Test("wider weights are rounded to the plan's type", arguments: [DType.bfloat16, .float16])
    func rounded(activation: DType) {
        var random = Random(seed: 9)
        let numbers = random.floats(20 * 30)
        let plan = LayerPlan(device: .cpu, activation: activation, weights: .float)
        let matrix = backend.makeMatrix(tensor([20, 30], numbers), as: MatrixFormat(stored: .float32, plan: plan))
        #expect(!matrix.isInPlace && matrix.format.dtype == activation)
        let same = backend.makeMatrix(tensor([20, 30], numbers, as: activation), as: matrix.format)
        let x = activations([random.floats(30)]), a = Activations(width: 20), b = Activations(width: 20)
        backend.multiply(x, by: matrix, into: a)
        backend.multiply(x, by: same, into: b)
        #expect(values(a) == values(b))
    }

    @Test("float64 weights become float32")
    func doubles() {
        let numbers: [Double] = [1, 0.1, -2, 1.0 / 3]
        let bytes = numbers.flatMap { number in (0..<8).map { UInt8(truncatingIfNeeded: number.bitPattern >> (8 * $0)) } }
        let stored = CheckpointTensor(name: "test", dtype: .float64, shape: [2, 2], bytes: TestRegion(bytes))
        let matrix = backend.makeMatrix(stored, as: MatrixFormat(keeping: .float64))
        let y = Activations(width: 2)
        backend.multiply(activations([[1, 0], [0, 1]]), by: matrix, into: y)
        #expect(values(y) == [1, -2, Float(0.1), Float(1.0 / 3)])
        #expect(backend.makeVector(stored, { -$0 }).values == [-1, Float(-0.1), 2, Float(-1.0 / 3)])
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
        let y = Activations(width: rows)
        backend.multiply(activations(x), by: matrix, into: y)
        let found = values(y)
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
        let y = Activations(width: 3)
        for bad in [Float.nan, .infinity, -.infinity] {
            backend.multiply(activations([[1, 2, bad, 4, 5]]), by: matrix, into: y)
            #expect(values(y).allSatisfy { !$0.isFinite })
        }
    }

    @Test("products of one call are those of three calls", arguments: [MatrixFormat.float32, .bfloat16Dot, .int8])
    func severalProducts(format: MatrixFormat) {
        var random = Random(seed: 12)
        func product(_ rows: Int) -> Product {
            let matrix = backend.makeMatrix(tensor([rows, 90], random.floats(rows * 90)), as: format)
            return Product(
                x: activations([random.floats(90), random.floats(90)]), matrix: matrix, y: Activations(width: rows))
        }
        let products = [product(400), product(37), product(130)]
        backend.multiply(products[0], products[1], products[2])
        for item in products {
            let alone = Activations(width: item.matrix.rows)
            backend.multiply(item.x, by: item.matrix, into: alone)
            #expect(values(item.y) == values(alone))
        }
    }

    @Test("weights that are not finite are noticed, rounding to fp16 included")
    func notFinite() {
        let plan = LayerPlan(device: .cpu, activation: .float16, weights: .float)
        let format = MatrixFormat(stored: .float32, plan: plan)
        #expect(backend.makeMatrix(tensor([1, 2], [1, 2]), as: format).isFinite)
        #expect(!backend.makeMatrix(tensor([1, 2], [1, 1e6]), as: format).isFinite)
        #expect(!backend.makeMatrix(tensor([1, 2], [1, .nan]), as: .int8).isFinite)
        #expect(!backend.makeMatrix(tensor([1, 2], [.infinity, 0]), as: .float32).isFinite)
        #expect(!backend.makeVector(tensor([2], [0, .nan]), nil).isFinite)
    }

    @Test("token shift takes the previous row, and the state before the first")
    func shift() {
        let state = Buffer(count: 6), other = Buffer(count: 6)
        state.copy(from: [0, 0, 10, 20, 0, 0])
        var batch = RowBatch()
        batch.append([1, 2][...], state: state)
        batch.append([3][...], state: other)
        let y = activations([[1, 2], [3, 4], [5, 6]]), out = Activations(width: 2)
        backend.shift(y, in: batch, slot: 2, weight: Vector([0.5, 0]), into: out)
        #expect(values(out) == [5.5, 20, 2, 2, 2.5, 0])
        backend.remember(y, in: batch, slot: 2)
        #expect(state.values == [0, 0, 3, 4, 0, 0] && other.values == [0, 0, 5, 6, 0, 0])
    }

    @Test("an operation gives the same numbers on one thread and on many")
    func threads() {
        var random = Random(seed: 11)
        let numbers = random.floats(300 * 200), rows = (0..<40).map { _ in random.floats(200) }
        let results = [1, 5].map { count -> [Float] in
            let backend = CPUBackend(threads: count)
            let matrix = backend.makeMatrix(tensor([300, 200], numbers), as: .int8)
            let y = Activations(width: 300)
            backend.multiply(activations(rows), by: matrix, into: y)
            backend.squareReLU(y)
            return values(y)
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
