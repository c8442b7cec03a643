// Numbers as their bytes, the lowest first: the order of state files, digests and answers in Base64.

extension [UInt8] {
    /// The bytes of fp32 numbers, four each.
    package init(littleEndian numbers: [Float]) {
        self = []
        append(littleEndian: numbers)
    }

    package mutating func append(littleEndian numbers: [Float]) {
        reserveCapacity(count + 4 * numbers.count)
        for number in numbers { append(littleEndian: number.bitPattern) }
    }

    package mutating func append(littleEndian word: UInt32) {
        append(UInt8(truncatingIfNeeded: word))
        append(UInt8(truncatingIfNeeded: word >> 8))
        append(UInt8(truncatingIfNeeded: word >> 16))
        append(UInt8(truncatingIfNeeded: word >> 24))
    }

    /// The number that begins at an offset, from which four bytes must be left.
    package func littleEndianWord(at offset: Int) -> UInt32 {
        UInt32(self[offset]) | UInt32(self[offset + 1]) << 8 | UInt32(self[offset + 2]) << 16 | UInt32(self[offset + 3]) << 24
    }

    /// This many fp32 numbers from an offset on, from which four bytes for each must be left.
    package func littleEndianFloats(at offset: Int, count: Int) -> [Float] {
        (0..<count).map { Float(bitPattern: littleEndianWord(at: offset + 4 * $0)) }
    }
}
