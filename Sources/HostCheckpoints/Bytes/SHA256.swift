package import HostCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// SHA-256, fed piece by piece.
///
/// - Source: FIPS 180-4, sections 4.1.2, 5.1.1 and 6.2.
package struct SHA256: Sendable {
    private var state = Self.firstPrimes(8).map { Self.fraction(of: Double($0).squareRoot()) }
    private var block: [UInt8] = []
    private var length: UInt64 = 0
    private var schedule = InlineArray<64, UInt32>(repeating: 0)
    private let constants = Self.roundConstants

    package init() { block.reserveCapacity(64) }

    package mutating func update(_ bytes: RawSpan) {
        length &+= UInt64(bytes.byteCount)
        var offset = 0
        while offset < bytes.byteCount {
            if block.isEmpty, bytes.byteCount - offset >= 64 {
                for word in 0..<16 {
                    schedule[word] = bytes.integer(at: offset + 4 * word, as: UInt32.self)?.byteSwapped ?? 0
                }
                compress()
                offset += 64
            } else {
                block.append(bytes.byte(at: offset) ?? 0)
                offset += 1
                if block.count == 64 { compressBlock() }
            }
        }
    }

    /// The digest of all that was fed.
    package consuming func finish() -> [UInt8] {
        let bits = length &* 8
        block.append(0x80)
        if block.count > 56 {
            block += [UInt8](repeating: 0, count: 64 - block.count)
            compressBlock()
        }
        block += [UInt8](repeating: 0, count: 56 - block.count)
        block += (0..<8).map { UInt8(truncatingIfNeeded: bits >> (56 - 8 * $0)) }
        compressBlock()
        return state.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (24 - 8 * $0)) } }
    }

    /// The digest in lower-case hexadecimal.
    package static func hexDigest(of region: any ByteRegion) -> String {
        var hash = SHA256()
        region.withBytes { hash.update($0) }
        return hash.finish().map { byte in
            String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }.joined()
    }

    private mutating func compressBlock() {
        for word in 0..<16 {
            schedule[word] = block[4 * word..<4 * word + 4].reduce(0) { $0 << 8 | UInt32($1) }
        }
        block.removeAll(keepingCapacity: true)
        compress()
    }

    private mutating func compress() {
        for index in 16..<64 {
            let early = schedule[index - 15]
            let late = schedule[index - 2]
            let small0 = rotated(early, 7) ^ rotated(early, 18) ^ early >> 3
            let small1 = rotated(late, 17) ^ rotated(late, 19) ^ late >> 10
            schedule[index] = schedule[index - 16] &+ small0 &+ schedule[index - 7] &+ small1
        }
        var (a, b, c, d) = (state[0], state[1], state[2], state[3])
        var (e, f, g, h) = (state[4], state[5], state[6], state[7])
        for index in 0..<64 {
            let large1 = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)
            let first = h &+ large1 &+ (e & f ^ ~e & g) &+ constants[index] &+ schedule[index]
            let large0 = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)
            let second = large0 &+ (a & b ^ a & c ^ b & c)
            (h, g, f, e) = (g, f, e, d &+ first)
            (d, c, b, a) = (c, b, a, first &+ second)
        }
        let sums: InlineArray<8, UInt32> = [a, b, c, d, e, f, g, h]
        for index in sums.indices { state[index] &+= sums[index] }
    }

    private func rotated(_ word: UInt32, _ count: UInt32) -> UInt32 { word >> count | word << (32 - count) }

    private static let roundConstants = firstPrimes(64).map { fraction(of: cbrt(Double($0))) }

    private static func firstPrimes(_ count: Int) -> [UInt64] {
        var primes: [UInt64] = []
        var candidate: UInt64 = 2
        while primes.count < count {
            if primes.allSatisfy({ candidate % $0 != 0 }) { primes.append(candidate) }
            candidate += 1
        }
        return primes
    }

    /// The first 32 bits behind the point; a Double has 50 bits there for roots this small.
    private static func fraction(of root: Double) -> UInt32 { UInt32(truncatingIfNeeded: UInt64(root * 0x1p32)) }
}
