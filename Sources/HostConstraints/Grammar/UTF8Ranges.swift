/// Sets of characters as sequences of byte ranges, so that a grammar over bytes can read them.
///
/// - Source: The Unicode Standard, table 3-7; the splitting of ranges at continuation borders is the method of
///   K. Thompson's grep and of RE2.
enum UTF8Ranges {
    /// Byte-set sequences that together match exactly the UTF-8 forms of a set's scalars.
    static func sequences(of set: ScalarSet) -> [[ByteSet]] {
        var sequences: [[ClosedRange<UInt8>]] = []
        for range in set.ranges { split(range, into: &sequences) }
        return joined(sequences)
    }

    /// The bytes of one scalar.
    static func bytes(of scalar: UInt32) -> [UInt8] {
        switch scalar {
        case ..<0x80: [UInt8(scalar)]
        case ..<0x800: [0xC0 | UInt8(scalar >> 6), continuation(scalar)]
        case ..<0x10000: [0xE0 | UInt8(scalar >> 12), continuation(scalar >> 6), continuation(scalar)]
        default:
            [
                0xF0 | UInt8(scalar >> 18), continuation(scalar >> 12), continuation(scalar >> 6), continuation(scalar),
            ]
        }
    }

    private static func continuation(_ bits: UInt32) -> UInt8 { 0x80 | UInt8(bits & 0x3F) }

    private static func split(_ range: ClosedRange<UInt32>, into sequences: inout [[ClosedRange<UInt8>]]) {
        let (low, high) = (range.lowerBound, range.upperBound)
        // Forms of different lengths have nothing in common.
        for limit: UInt32 in [0x7F, 0x7FF, 0xFFFF] where low <= limit && high > limit {
            split(low...limit, into: &sequences)
            split(limit + 1...high, into: &sequences)
            return
        }
        // Within a length, all but one byte must either be fixed or run through all continuations.
        if high > 0x7F {
            for shift: UInt32 in [6, 12, 18] {
                let mask = (UInt32(1) << shift) - 1
                guard low & ~mask != high & ~mask else { continue }
                if low & mask != 0 {
                    split(low...(low | mask), into: &sequences)
                    split((low | mask) + 1...high, into: &sequences)
                    return
                }
                if high & mask != mask {
                    split(low...(high & ~mask) - 1, into: &sequences)
                    split((high & ~mask)...high, into: &sequences)
                    return
                }
            }
        }
        sequences.append(zip(bytes(of: low), bytes(of: high)).map { $0...$1 })
    }

    /// Sequences that differ in their first byte alone become one.
    private static func joined(_ sequences: [[ClosedRange<UInt8>]]) -> [[ByteSet]] {
        var order: [[ClosedRange<UInt8>]] = []
        var heads: [[ClosedRange<UInt8>]: ByteSet] = [:]
        for sequence in sequences {
            let tail = Array(sequence.dropFirst())
            if heads[tail] == nil { order.append(tail) }
            heads[tail, default: ByteSet()].insert(sequence[0])
        }
        return order.map { tail in [heads[tail, default: ByteSet()]] + tail.map { ByteSet($0) } }
    }
}

/// A set of byte values.
struct ByteSet: Hashable, Sendable {
    private var low: (UInt64, UInt64) = (0, 0)
    private var high: (UInt64, UInt64) = (0, 0)

    init() {}

    init(_ range: ClosedRange<UInt8>) { insert(range) }

    init(byte: UInt8) { insert(byte...byte) }

    mutating func insert(_ range: ClosedRange<UInt8>) {
        for byte in range {
            let bit = UInt64(1) << (byte & 63)
            switch byte >> 6 {
            case 0: low.0 |= bit
            case 1: low.1 |= bit
            case 2: high.0 |= bit
            default: high.1 |= bit
            }
        }
    }

    func contains(_ byte: UInt8) -> Bool {
        let word =
            switch byte >> 6 {
            case 0: low.0
            case 1: low.1
            case 2: high.0
            default: high.1
            }
        return word >> (byte & 63) & 1 != 0
    }

    func union(_ other: ByteSet) -> ByteSet {
        var union = self
        union.low = (low.0 | other.low.0, low.1 | other.low.1)
        union.high = (high.0 | other.high.0, high.1 | other.high.1)
        return union
    }

    var isEmpty: Bool { low.0 | low.1 | high.0 | high.1 == 0 }

    static func == (left: ByteSet, right: ByteSet) -> Bool { left.low == right.low && left.high == right.high }

    func hash(into hasher: inout Hasher) {
        hasher.combine(low.0)
        hasher.combine(low.1)
        hasher.combine(high.0)
        hasher.combine(high.1)
    }
}
