package import HostCore

/// A named tensor that a test writes into a checkpoint.
///
/// - Shapes: `bytes` is row-major, little-endian, and as long as the product of `shape` times the element size.
package struct FixtureTensor: Sendable, Equatable {
    package var name: String
    package var dtype: DType
    package var shape: [Int]
    package var bytes: [UInt8]

    package init(_ name: String, _ dtype: DType, _ shape: [Int], bytes: [UInt8]) {
        self.name = name
        self.dtype = dtype
        self.shape = shape
        self.bytes = bytes
    }

    /// A tensor of numbers, rounded to nearest even where `dtype` is narrower than 32 bits.
    package init(_ name: String, _ shape: [Int], _ values: [Float], as dtype: DType = .float32) {
        self.init(name, dtype, shape, bytes: values.flatMap { Self.littleEndianBytes(of: $0, as: dtype) })
    }

    /// The same tensor under another name.
    package func named(_ name: String) -> FixtureTensor { FixtureTensor(name, dtype, shape, bytes: bytes) }

    private static func littleEndianBytes(of value: Float, as dtype: DType) -> [UInt8] {
        switch dtype {
        case .float64:
            value.isNaN ? Double.nan.bitPattern.littleEndianBytes : Double(value).bitPattern.littleEndianBytes
        case .float32: value.bitPattern.littleEndianBytes
        case .float16: Float16(value).bitPattern.littleEndianBytes
        case .bfloat16: bfloat16Bits(of: value).littleEndianBytes
        case .int64: Int64(value).littleEndianBytes
        case .int32: Int32(value).littleEndianBytes
        case .int16: Int16(value).littleEndianBytes
        case .int8: Int8(value).littleEndianBytes
        case .uint64: UInt64(value).littleEndianBytes
        case .uint32: UInt32(value).littleEndianBytes
        case .uint16: UInt16(value).littleEndianBytes
        case .uint8: UInt8(value).littleEndianBytes
        case .bool: [value == 0 ? 0 : 1]
        }
    }

    private static func bfloat16Bits(of value: Float) -> UInt16 {
        if value.isNaN { return 0x7FC0 }
        let bits = value.bitPattern
        return UInt16(truncatingIfNeeded: (UInt64(bits) + 0x7FFF + UInt64(bits >> 16 & 1)) >> 16)
    }
}

extension FixedWidthInteger {
    package var littleEndianBytes: [UInt8] {
        (0..<Self.bitWidth / 8).map { UInt8(truncatingIfNeeded: self >> (8 * $0)) }
    }
}
