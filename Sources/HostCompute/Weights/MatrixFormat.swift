package import HostCore

/// How the numbers of a weight matrix lie in memory. Arithmetic is fp32 with all of them.
package enum MatrixFormat: Sendable, Hashable {
    case float32, bfloat16, float16
    /// A byte per weight with scales and offsets per row and column: the `rwkv` package's scheme.
    case int8

    /// What a layer's plan makes of a matrix stored in a file.
    ///
    /// Sixteen-bit weights stay as they are under every floating-point plan: that is exact, and widening them would only
    /// cost memory and bandwidth. Wider ones are rounded to the plan's type.
    package init(stored: DType, plan: LayerPlan) {
        switch (plan.weights, stored) {
        case (.int8, _), (.int4, _): self = .int8
        case (.float, .bfloat16): self = .bfloat16
        case (.float, .float16): self = .float16
        case (.float, _):
            switch plan.activation {
            case .bfloat16: self = .bfloat16
            case .float16: self = .float16
            default: self = .float32
            }
        }
    }

    /// The format that keeps a stored type exactly, but for float64, which becomes float32.
    package init(keeping stored: DType) {
        switch stored {
        case .bfloat16: self = .bfloat16
        case .float16: self = .float16
        default: self = .float32
        }
    }

    /// The element type of the floating-point formats.
    package var dtype: DType? {
        switch self {
        case .float32: .float32
        case .bfloat16: .bfloat16
        case .float16: .float16
        case .int8: nil
        }
    }

    /// Bytes of a matrix in memory, scales included.
    package func byteCount(rows: Int, columns: Int) -> Int {
        switch self {
        case .float32: rows * columns * 4
        case .bfloat16, .float16: rows * columns * 2
        case .int8: rows * columns + (rows + columns) * 2 * 4
        }
    }
}
