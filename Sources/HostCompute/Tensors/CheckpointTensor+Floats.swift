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
                case .float16: widened(value(index, UInt16.self))
                case .float64: Float(Double(bitPattern: value(index, UInt64.self)))
                default: Float(bitPattern: value(index, UInt32.self))
                }
            }
        }
    }
}

/// IEEE 754's binary16 in binary32; not every machine that Swift runs on has a type for it.
private func widened(_ half: UInt16) -> Float {
    let sign: Float = half >> 15 == 0 ? 1 : -1
    let exponent = Int(half >> 10 & 31), fraction = UInt32(half & 0x3FF)
    switch exponent {
    case 0: return sign * Float(fraction) * 0x1p-24
    case 31: return Float(bitPattern: UInt32(half >> 15) << 31 | 0x7F80_0000 | fraction << 13)
    default: return Float(bitPattern: UInt32(half >> 15) << 31 | UInt32(exponent + 112) << 23 | fraction << 13)
    }
}
