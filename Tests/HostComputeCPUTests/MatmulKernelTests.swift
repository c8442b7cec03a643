import CHostKernels
import HostCore
import Testing

@testable import HostComputeCPU

@Suite("Matrix products")
struct MatmulKernelTests {
    struct Shape: Sendable {
        let rows: Int, columns: Int, tokens: Int
    }

    enum Kind: String, Sendable, CaseIterable {
        case float32, bfloat16, float16, bfloat16Dot, int8, int4

        static let floating: [Kind] = [.float32, .bfloat16, .float16, .bfloat16Dot]

        var dtype: DType {
            switch self {
            case .float32, .int8, .int4: .float32
            case .bfloat16, .bfloat16Dot: .bfloat16
            case .float16: .float16
            }
        }
        var format: MatrixFormat {
            switch self {
            case .float32: .float32
            case .bfloat16: .bfloat16
            case .bfloat16Dot: .bfloat16Dot
            case .float16: .float16
            case .int8: .int8
            case .int4: .int4
            }
        }
    }

    /// Around every boundary: the register, the panel, tiles of tokens, the blocks of panels and of columns.
    static let shapes = [
        Shape(rows: 1, columns: 1, tokens: 1), Shape(rows: 3, columns: 7, tokens: 2), Shape(rows: 4, columns: 16, tokens: 3),
        Shape(rows: 17, columns: 17, tokens: 4), Shape(rows: 33, columns: 33, tokens: 5), Shape(rows: 47, columns: 63, tokens: 7),
        Shape(rows: 64, columns: 40, tokens: 1), Shape(rows: 83, columns: 129, tokens: 1), Shape(rows: 150, columns: 31, tokens: 1),
        Shape(rows: 13, columns: 129, tokens: 65), Shape(rows: 2, columns: 1023, tokens: 1), Shape(rows: 150, columns: 5, tokens: 27),
        Shape(rows: 5, columns: 1025, tokens: 6), Shape(rows: 6, columns: 2051, tokens: 9), Shape(rows: 3, columns: 40, tokens: 131),
    ]

    /// The kernel's result with one spare number before each token's row ends, to see that nothing else is written.
    static func product(
        _ table: rk_kernels, _ kind: Kind, _ weights: [UInt8], _ x: [Float], _ shape: Shape
    ) -> [Float] {
        let stride = shape.rows + 1
        var y = [Float](repeating: 77, count: stride * shape.tokens)
        let packed = unsafe pack(table, weights, kind.format, shape)
        switch kind {
        case .float32: unsafe call(table.product_f32, x, rowBytes: shape.columns * 4)
        case .bfloat16: unsafe call(table.product_bf16, x, rowBytes: shape.columns * 4)
        case .float16: unsafe call(table.product_f16, x, rowBytes: shape.columns * 4)
        case .bfloat16Dot: unsafe call(table.product_bf16_dot, rounded(x, shape), rowBytes: shape.columns * 2 + 2)
        case .int8: unsafe call(table.product_i8, quantised(table, kind, x, shape), rowBytes: rk_row_bytes_i8(shape.columns))
        case .int4: unsafe call(table.product_i4, quantised(table, kind, x, shape), rowBytes: rk_row_bytes_i4(shape.columns))
        }
        func call<Number: BitwiseCopyable>(
            _ kernel:
                @convention(c) (
                    UnsafeMutablePointer<Float>, Int, UnsafeRawPointer, Int, UnsafeRawPointer, Int, Int, Int
                ) -> Void,
            _ x: [Number], rowBytes: Int
        ) {
            unsafe kernel(&y, stride, x, rowBytes, packed, shape.rows, shape.columns, shape.tokens)
        }
        return y
    }

    static func pack(_ table: rk_kernels, _ weights: [UInt8], _ format: MatrixFormat, _ shape: Shape) -> [UInt8] {
        let layout = PanelLayout(format, columns: shape.columns)
        var packed = [UInt8](repeating: 1, count: PanelLayout.count(rows: shape.rows) * layout.panelBytes)
        unsafe packed.withUnsafeMutableBytes { target in
            unsafe weights.withUnsafeBytes { source in
                guard let to = target.baseAddress, let from = source.baseAddress else { return }
                for panel in 0..<PanelLayout.count(rows: shape.rows) {
                    let start = panel * PanelLayout.rows
                    let target = unsafe to + panel * layout.panelBytes, count = min(PanelLayout.rows, shape.rows - start)
                    let floats = unsafe from.assumingMemoryBound(to: Float.self)
                    switch format {
                    case .int8: unsafe table.quantise_panel_i8(target, floats + start * shape.columns, count, shape.columns)
                    case .int4: unsafe table.quantise_panel_i4(target, floats + start * shape.columns, count, shape.columns)
                    default:
                        unsafe rk_pack_panel(
                            target, from + start * layout.rowBytes, count, layout.rowBytes, layout.unit)
                    }
                }
            }
        }
        return packed
    }

    static func quantised(_ table: rk_kernels, _ kind: Kind, _ x: [Float], _ shape: Shape) -> [UInt8] {
        let rowBytes = kind == .int8 ? rk_row_bytes_i8(shape.columns) : rk_row_bytes_i4(shape.columns)
        let quantise = unsafe kind == .int8 ? table.quantise_row_i8 : table.quantise_row_i4
        var rows = [UInt8](repeating: 0, count: shape.tokens * rowBytes)
        for token in 0..<shape.tokens {
            let row = Array(x[token * shape.columns..<(token + 1) * shape.columns])
            unsafe rows.withUnsafeMutableBytes { target in
                guard let base = target.baseAddress else { return }
                unsafe quantise(base + token * rowBytes, row, shape.columns)
            }
        }
        return rows
    }

    /// Activations in bfloat16, each row followed by one zero.
    static func rounded(_ x: [Float], _ shape: Shape) -> [UInt16] {
        var bits: [UInt16] = []
        for token in 0..<shape.tokens {
            for number in x[token * shape.columns..<(token + 1) * shape.columns] {
                let pattern = number.bitPattern
                bits.append(UInt16((pattern + 0x7FFF + (pattern >> 16 & 1)) >> 16))
            }
            bits.append(0)
        }
        return bits
    }

    @Test("every table agrees with the scalar one", arguments: vectorSets, Kind.allCases)
    func againstScalar(set: Kernels.InstructionSet, kind: Kind) throws {
        let fast = unsafe try table(set)
        let plain = unsafe try table(.scalar)
        var random = Random(seed: 1)
        for shape in Self.shapes {
            let weights = EncodedWeights(random.floats(shape.rows * shape.columns), as: kind.dtype)
            let x = random.floats(shape.columns * shape.tokens)
            let expected = unsafe Self.product(plain, kind, weights.bytes, x, shape)
            let found = unsafe Self.product(fast, kind, weights.bytes, x, shape)
            // Rounding grows with the sum of magnitudes.
            let scale = Float(shape.columns) * 0.5
            #expect(greatestError(found, expected) <= 1e-6 * scale + 1e-6, "\(shape)")
        }
    }

    @Test("the scalar table agrees with the formula in Double", arguments: Kind.floating)
    func scalarAgainstFormula(kind: Kind) throws {
        let plain = unsafe try table(.scalar)
        var random = Random(seed: 2)
        for shape in Self.shapes {
            let weights = EncodedWeights(random.floats(shape.rows * shape.columns), as: kind.dtype)
            let x = random.floats(shape.columns * shape.tokens)
            let found = unsafe Self.product(plain, kind, weights.bytes, x, shape)
            let seen = kind == .bfloat16Dot ? EncodedWeights(x, as: .bfloat16).values : x
            for token in 0..<shape.tokens {
                for row in 0..<shape.rows {
                    let sum = (0..<shape.columns).reduce(0.0) { sum, column in
                        sum + Double(weights.values[row * shape.columns + column])
                            * Double(seen[token * shape.columns + column])
                    }
                    #expect(found[token * (shape.rows + 1) + row] == Float(sum))
                }
                #expect(found[token * (shape.rows + 1) + shape.rows] == 77)
            }
        }
    }

    @Test("every table quantises to the bytes of the scalar one", arguments: vectorSets, [Kind.int8, .int4])
    func quantisation(set: Kernels.InstructionSet, kind: Kind) throws {
        let fast = unsafe try table(set), plain = unsafe try table(.scalar)
        var random = Random(seed: 4)
        for shape in Self.shapes {
            var numbers = random.floats(shape.rows * shape.columns)
            // A row of one number, and one of zeros.
            for column in 0..<shape.columns {
                numbers[column] = 0.3
                if shape.rows > 1 { numbers[shape.columns + column] = 0 }
            }
            let weights = EncodedWeights(numbers, as: .float32).bytes, x = random.floats(shape.columns * shape.tokens)
            unsafe #expect(Self.pack(fast, weights, kind.format, shape) == Self.pack(plain, weights, kind.format, shape))
            unsafe #expect(Self.quantised(fast, kind, x, shape) == Self.quantised(plain, kind, x, shape))
        }
    }

    /// - Parameter limit: of the root mean square error, in parts of the weights' own root mean square.
    @Test(
        "quantised weights stand for what they were, constant rows and rows far from zero among them",
        arguments: [(Kind.int8, Float(0.004)), (.int4, 0.07)])
    func fidelity(kind: Kind, limit: Float) throws {
        let plain = unsafe try table(.scalar)
        var random = Random(seed: 5)
        let shape = Shape(rows: 5, columns: 200, tokens: 200)
        var numbers = random.floats(shape.rows * shape.columns)
        for column in 0..<shape.columns {
            numbers[column] = -0.7
            numbers[shape.columns + column] = 0
            numbers[2 * shape.columns + column] = 1 + 0.01 * numbers[2 * shape.columns + column]
            numbers[3 * shape.columns + column] *= 1e-3
        }
        // Each token is one column of the identity, so the products are the weights.
        var identity = [Float](repeating: 0, count: 200 * 200)
        for column in 0..<200 { identity[column * 201] = 1 }
        let found = unsafe Self.product(plain, kind, EncodedWeights(numbers, as: .float32).bytes, identity, shape)
        for row in 0..<shape.rows {
            var error: Float = 0, size: Float = 0
            for column in 0..<shape.columns {
                let exact = numbers[row * shape.columns + column], value = found[column * (shape.rows + 1) + row]
                error += (value - exact) * (value - exact)
                size += exact * exact
            }
            #expect(error <= limit * limit * size, "row \(row): \((error / size).squareRoot())")
        }
    }

    @Test("a token's result is the same to the last bit in every batch", arguments: vectorSets, Kind.allCases)
    func batchIndependence(set: Kernels.InstructionSet, kind: Kind) throws {
        let fast = unsafe try table(set)
        var random = Random(seed: 3)
        let shape = Shape(rows: 91, columns: 1100, tokens: 30)
        let weights = EncodedWeights(random.floats(shape.rows * shape.columns), as: kind.dtype)
        let x = random.floats(shape.columns * shape.tokens)
        let together = unsafe Self.product(fast, kind, weights.bytes, x, shape)
        for token in 0..<shape.tokens {
            let alone = unsafe Self.product(
                fast, kind, weights.bytes, Array(x[token * shape.columns..<(token + 1) * shape.columns]),
                Shape(rows: shape.rows, columns: shape.columns, tokens: 1))
            #expect(alone == Array(together[token * (shape.rows + 1)..<(token + 1) * (shape.rows + 1)]))
        }
    }
}
