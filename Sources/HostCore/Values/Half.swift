/// IEEE 754's binary16; not every machine that Swift runs on has a type for it.
@usableFromInline
package enum Half {
    /// In binary32; exact.
    @inlinable
    package static func widened(_ half: UInt16) -> Float {
        let sign: Float = half >> 15 == 0 ? 1 : -1
        let exponent = Int(half >> 10 & 31), fraction = UInt32(half & 0x3FF)
        switch exponent {
        case 0: return sign * Float(fraction) * 0x1p-24
        case 31: return Float(bitPattern: UInt32(half >> 15) << 31 | 0x7F80_0000 | fraction << 13)
        default: return Float(bitPattern: UInt32(half >> 15) << 31 | UInt32(exponent + 112) << 23 | fraction << 13)
        }
    }

    /// To nearest, ties to even; what is too large becomes infinite.
    @inlinable
    package static func narrowed(_ value: Float) -> UInt16 {
        let sign = UInt16(value.bitPattern >> 16) & 0x8000, size = value.magnitude
        if value.isNaN { return sign | 0x7E00 }
        // What is halfway to the next power of two rounds to infinity.
        if size >= 65520 { return sign | 0x7C00 }
        if size < 0x1p-14 { return sign | UInt16((size * 0x1p24).rounded(.toNearestOrEven)) }
        let bits = size.bitPattern, rounded = bits + 0xFFF + (bits >> 13 & 1)
        return sign | UInt16(truncatingIfNeeded: (rounded >> 13) - (112 << 10))
    }
}
