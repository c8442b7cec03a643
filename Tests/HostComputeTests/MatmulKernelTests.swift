import CHostKernels
import HostCore
import Testing

@testable import HostCompute

@Suite("Matrix products")
struct MatmulKernelTests {
    struct Shape: Sendable {
        let rows: Int, columns: Int, tokens: Int
    }

    /// Around every boundary: the register, the four rows of a tile, its tokens, and the blocks of 64 and 1024.
    static let shapes = [
        Shape(rows: 1, columns: 1, tokens: 1), Shape(rows: 3, columns: 7, tokens: 2), Shape(rows: 4, columns: 16, tokens: 3),
        Shape(rows: 5, columns: 17, tokens: 4), Shape(rows: 9, columns: 33, tokens: 5), Shape(rows: 7, columns: 63, tokens: 7),
        Shape(rows: 13, columns: 129, tokens: 65), Shape(rows: 2, columns: 1023, tokens: 1),
        Shape(rows: 5, columns: 1025, tokens: 6), Shape(rows: 6, columns: 2051, tokens: 9), Shape(rows: 3, columns: 40, tokens: 131),
    ]
    static let dtypes: [DType] = [.float32, .bfloat16, .float16, .uint8]

    /// The kernel's result with one spare number before each token's row ends, to see that nothing else is written.
    static func product(
        _ table: rk_kernels, _ dtype: DType, _ weights: [UInt8], _ x: [Float], _ shape: Shape
    ) -> [Float] {
        let stride = shape.rows + 1
        var y = [Float](repeating: 77, count: stride * shape.tokens)
        let kernel =
            switch dtype {
            case .bfloat16: unsafe table.matmul_bf16
            case .float16: unsafe table.matmul_f16
            case .uint8: unsafe table.matmul_u8
            default: unsafe table.matmul_f32
            }
        unsafe weights.withUnsafeBytes { w in
            guard let base = w.baseAddress else { return }
            unsafe kernel(&y, stride, x, shape.columns, base, shape.rows, shape.columns, shape.tokens)
        }
        return y
    }

    @Test("every table agrees with the scalar one", arguments: vectorSets, dtypes)
    func againstScalar(set: Kernels.InstructionSet, dtype: DType) throws {
        let fast = unsafe try table(set)
        let plain = unsafe try table(.scalar)
        var random = Random(seed: 1)
        for shape in Self.shapes {
            let weights = EncodedWeights(random.floats(shape.rows * shape.columns), as: dtype)
            let x = random.floats(shape.columns * shape.tokens)
            let expected = unsafe Self.product(plain, dtype, weights.bytes, x, shape)
            let found = unsafe Self.product(fast, dtype, weights.bytes, x, shape)
            // Rounding grows with the sum of magnitudes.
            let scale: Float = Float(shape.columns) * (dtype == .uint8 ? 128 : 0.5)
            #expect(greatestError(found, expected) <= 1e-6 * scale + 1e-6, "\(shape)")
        }
    }

    @Test("the scalar table agrees with the formula in Double", arguments: dtypes)
    func scalarAgainstFormula(dtype: DType) throws {
        let plain = unsafe try table(.scalar)
        var random = Random(seed: 2)
        for shape in Self.shapes {
            let weights = EncodedWeights(random.floats(shape.rows * shape.columns), as: dtype)
            let x = random.floats(shape.columns * shape.tokens)
            let found = unsafe Self.product(plain, dtype, weights.bytes, x, shape)
            for token in 0..<shape.tokens {
                for row in 0..<shape.rows {
                    let sum = (0..<shape.columns).reduce(0.0) { sum, column in
                        sum + Double(weights.values[row * shape.columns + column])
                            * Double(x[token * shape.columns + column])
                    }
                    #expect(found[token * (shape.rows + 1) + row] == Float(sum))
                }
                #expect(found[token * (shape.rows + 1) + shape.rows] == 77)
            }
        }
    }

    @Test("a token's result is the same to the last bit in every batch", arguments: vectorSets, dtypes)
    func batchIndependence(set: Kernels.InstructionSet, dtype: DType) throws {
        let fast = unsafe try table(set)
        var random = Random(seed: 3)
        let shape = Shape(rows: 11, columns: 1100, tokens: 70)
        let weights = EncodedWeights(random.floats(shape.rows * shape.columns), as: dtype)
        let x = random.floats(shape.columns * shape.tokens)
        let together = unsafe Self.product(fast, dtype, weights.bytes, x, shape)
        for token in 0..<shape.tokens {
            let alone = unsafe Self.product(
                fast, dtype, weights.bytes, Array(x[token * shape.columns..<(token + 1) * shape.columns]),
                Shape(rows: shape.rows, columns: shape.columns, tokens: 1))
            #expect(alone == Array(together[token * (shape.rows + 1)..<(token + 1) * (shape.rows + 1)]))
        }
    }
}
