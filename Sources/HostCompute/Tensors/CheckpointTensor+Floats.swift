package import HostCore

extension CheckpointTensor {
    /// All numbers in fp32, in the order of the file: exact, but for float64, which is rounded.
    package func floats() -> [Float] {
        precondition(dtype.isFloatingPoint && bytes.count >= elementCount * dtype.size)
        return bytes.withBytes { span in
            func value<Bits: BitwiseCopyable>(_ index: Int, _: Bits.Type) -> Bits {
                unsafe span.unsafeLoadUnaligned(fromByteOffset: index * MemoryLayout<Bits>.size, as: Bits.self)
            }
            return (0..<elementCount).map { index in
                switch dtype {
                case .bfloat16: Float(bitPattern: UInt32(value(index, UInt16.self)) << 16)
                case .float16: Half.widened(value(index, UInt16.self))
                case .float64: Float(Double(bitPattern: value(index, UInt64.self)))
                default: Float(bitPattern: value(index, UInt32.self))
                }
            }
        }
    }
}
