/// SHA-1, fed piece by piece: the WebSocket handshake asks for it, and Git names files by it. It protects nothing.
///
/// - Source: FIPS 180-4, section 6.1.
package struct SHA1: Sendable {
    private var state: InlineArray<5, UInt32> = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0]
    /// Bytes that do not fill a block yet; fewer than 64.
    private var rest: [UInt8] = []
    private var byteCount: UInt64 = 0
    private var words = InlineArray<80, UInt32>(repeating: 0)

    package init() {}

    package mutating func update(_ bytes: [UInt8]) {
        byteCount &+= UInt64(bytes.count)
        var start = 0
        if !rest.isEmpty {
            start = min(64 - rest.count, bytes.count)
            rest += bytes[..<start]
            guard rest.count == 64 else { return }
            absorb(rest, at: 0)
            rest.removeAll(keepingCapacity: true)
        }
        while bytes.count - start >= 64 {
            absorb(bytes, at: start)
            start += 64
        }
        rest += bytes[start...]
    }

    /// The 20 bytes of the digest of all that was fed.
    package consuming func finish() -> [UInt8] {
        let bitCount = byteCount &* 8
        var last = rest + [0x80]
        last += [UInt8](repeating: 0, count: (120 - last.count % 64) % 64)
        last += (0..<8).map { UInt8(truncatingIfNeeded: bitCount >> (56 - 8 * $0)) }
        for start in stride(from: 0, to: last.count, by: 64) { absorb(last, at: start) }
        return state.indices.flatMap { word in [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: state[word] >> $0) } }
    }

    /// The digest of one piece.
    package static func hash(_ message: [UInt8]) -> [UInt8] {
        var hash = SHA1()
        hash.update(message)
        return hash.finish()
    }

    private mutating func absorb(_ bytes: [UInt8], at start: Int) {
        for word in 0..<16 {
            let place = start + 4 * word
            words[word] =
                UInt32(bytes[place]) << 24 | UInt32(bytes[place + 1]) << 16 | UInt32(bytes[place + 2]) << 8
                | UInt32(bytes[place + 3])
        }
        for index in 16..<80 {
            words[index] = rotated(words[index - 3] ^ words[index - 8] ^ words[index - 14] ^ words[index - 16], by: 1)
        }
        var (a, b, c, d, e) = (state[0], state[1], state[2], state[3], state[4])
        for index in 0..<80 {
            let (mix, constant): (UInt32, UInt32) =
                switch index {
                case ..<20: ((b & c) | (~b & d), 0x5A82_7999)
                case ..<40: (b ^ c ^ d, 0x6ED9_EBA1)
                case ..<60: ((b & c) | (b & d) | (c & d), 0x8F1B_BCDC)
                default: (b ^ c ^ d, 0xCA62_C1D6)
                }
            let next = rotated(a, by: 5) &+ mix &+ e &+ constant &+ words[index]
            (e, d, c, b, a) = (d, c, rotated(b, by: 30), a, next)
        }
        state[0] &+= a
        state[1] &+= b
        state[2] &+= c
        state[3] &+= d
        state[4] &+= e
    }

    private func rotated(_ word: UInt32, by count: UInt32) -> UInt32 { word << count | word >> (32 - count) }
}
