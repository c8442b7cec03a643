import HostCore

/// How the numbers of a weight matrix are held, and what its product is computed in.
enum MatrixFormat: Sendable, Hashable {
    /// These multiply in fp32.
    case float32, bfloat16, float16
    /// bfloat16 that multiplies activations rounded to bfloat16, with sums in fp32: what processors have a unit for.
    case bfloat16Dot
    /// Eight bits per weight, with a scale and an offset for each 64 of a row; activations are rounded to 15 bits.
    case int8
    /// Four bits per weight, with eight bits of scale and zero for each 32 of a row; activations are rounded to 8 bits.
    case int4

    /// What a layer's plan makes of a matrix stored in a file.
    ///
    /// Sixteen-bit weights stay as they are under every floating-point plan: that is exact, and widening them would only
    /// cost memory and bandwidth. Wider ones are rounded to the plan's type.
    init(stored: DType, plan: LayerPlan) {
        switch (plan.weights, stored) {
        case (.int8, _): self = .int8
        case (.int4, _): self = .int4
        case (.float, .float16): self = .float16
        case (.float, .bfloat16): self = plan.activation == .bfloat16 ? .bfloat16Dot : .bfloat16
        case (.float, _):
            switch plan.activation {
            case .bfloat16: self = .bfloat16Dot
            case .float16: self = .float16
            default: self = .float32
            }
        }
    }

    /// The format that keeps a stored type exactly, but for float64, which becomes float32.
    init(keeping stored: DType) {
        switch stored {
        case .bfloat16: self = .bfloat16
        case .float16: self = .float16
        default: self = .float32
        }
    }

    /// The element type of the floating-point formats.
    var dtype: DType? {
        switch self {
        case .float32: .float32
        case .bfloat16, .bfloat16Dot: .bfloat16
        case .float16: .float16
        case .int8, .int4: nil
        }
    }

    /// Bytes of a matrix in memory, scales included, but for what fills up the last panel of a packed one.
    func byteCount(rows: Int, columns: Int) -> Int {
        guard let dtype else { return PanelLayout(self, columns: columns).panelBytes * rows / PanelLayout.rows }
        return rows * columns * dtype.size
    }
}
