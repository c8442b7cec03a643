import HostCore

/// Names a sequence of tokens by its content, so that equal beginnings of different requests are known as equal.
struct PrefixDigest: Sendable {
    /// A number of tokens with their digest.
    struct Key: Hashable, Sendable {
        let count: Int
        let digest: [UInt8]
    }

    private var hash = SHA256()
    private(set) var count = 0

    init(_ origin: TextOrigin) { hash.update(origin.bytes) }

    mutating func append(_ tokens: some Collection<TokenID>) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(4 * tokens.count)
        for token in tokens {
            let word = UInt32(truncatingIfNeeded: token)
            for shift: UInt32 in [0, 8, 16, 24] { bytes.append(UInt8(truncatingIfNeeded: word >> shift)) }
        }
        hash.update(bytes)
        count += tokens.count
    }

    var key: Key { Key(count: count, digest: hash.finish()) }
}
