/// How ggml stores numbers: plain, or in blocks that share a scale.
///
/// - Source: ggml, the block structs of `ggml-common.h` and the functions `dequantize_row_…` of `ggml-quants.c`.
public enum BlockFormat: String, Sendable {
    /// Plain numbers.
    case f32 = "F32", f16 = "F16", bf16 = "BF16"
    /// Blocks of 32 numbers of four, five or eight bits.
    case q4_0 = "Q4_0", q4_1 = "Q4_1", q5_0 = "Q5_0", q5_1 = "Q5_1", q8_0 = "Q8_0"
    /// Blocks of 256 numbers of four, five or six bits.
    case q4_K = "Q4_K", q5_K = "Q5_K", q6_K = "Q6_K"

    /// Numbers in a block; 1 where they are plain.
    public var blockCount: Int {
        switch self {
        case .f32, .f16, .bf16: 1
        case .q4_0, .q4_1, .q5_0, .q5_1, .q8_0: 32
        case .q4_K, .q5_K, .q6_K: 256
        }
    }

    /// Bytes of a block.
    public var blockBytes: Int {
        switch self {
        case .f32: 4
        case .f16, .bf16: 2
        case .q4_0: 18
        case .q4_1: 20
        case .q5_0: 22
        case .q5_1: 24
        case .q8_0: 34
        case .q4_K: 144
        case .q5_K: 176
        case .q6_K: 210
        }
    }

    /// The element type of plain numbers; nil for blocks.
    public var dtype: DType? {
        switch self {
        case .f32: .float32
        case .f16: .float16
        case .bf16: .bfloat16
        default: nil
        }
    }

    /// Bytes of a tensor.
    ///
    /// - Returns: nil when an axis is empty, the rows are not whole blocks, or the product overflows.
    public func byteCount(shape: [Int]) -> Int? {
        guard let row = shape.last, row % blockCount == 0 else { return nil }
        var count = row / blockCount
        for size in shape.dropLast() + [blockBytes] {
            let (product, overflows) = count.multipliedReportingOverflow(by: size)
            guard size > 0, !overflows else { return nil }
            count = product
        }
        return count > 0 ? count : nil
    }
}
