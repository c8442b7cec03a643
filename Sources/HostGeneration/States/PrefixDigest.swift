import HostCore

/// Names a sequence of tokens by its content, so that equal beginnings of different requests are known as equal.
struct PrefixDigest: Sendable {
    /// A number of tokens with their digest.
    struct Key: Hashable, Sendable {
        let count: Int
        let digest: [UInt8]
    }

    /// A beginning, and the last one of a round number of tokens within it, under which others can look for it.
    struct Place: Sendable {
        let key: Key
        let anchor: Key

        /// How many tokens lie between the two; less than `PrefixDigest.anchorInterval`.
        var offset: Int { key.count - anchor.count }
    }

    static let anchorInterval = 512

    private var hash = SHA256()
    private(set) var count = 0
    private var anchor: Key

    init(_ namespace: CacheNamespace) {
        hash.update(namespace.bytes)
        anchor = Key(count: 0, digest: hash.finish())
    }

    mutating func append(_ tokens: some Collection<TokenID>) {
        var rest = tokens[...]
        while !rest.isEmpty {
            let room = Self.anchorInterval - count % Self.anchorInterval
            hashOne(rest.prefix(room))
            rest = rest.dropFirst(room)
            if count.isMultiple(of: Self.anchorInterval) { anchor = key }
        }
    }

    private mutating func hashOne(_ tokens: some Collection<TokenID>) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(4 * tokens.count)
        for token in tokens { bytes.append(littleEndian: UInt32(truncatingIfNeeded: token)) }
        hash.update(bytes)
        count += tokens.count
    }

    var key: Key { Key(count: count, digest: hash.finish()) }
    var place: Place { Place(key: key, anchor: anchor) }
}

/// A text whose beginnings are looked for.
struct PrefixText: Sendable {
    let tokens: [TokenID]
    let namespace: CacheNamespace

    /// The names of its beginnings of this many tokens, in ascending order.
    func keys(at lengths: some Sequence<Int>) -> [PrefixDigest.Key] {
        var digest = PrefixDigest(namespace)
        return lengths.sorted().map { length in
            digest.append(tokens[digest.count..<length])
            return digest.key
        }
    }

    /// Its beginnings of a round number of tokens, under which those of more than `count` tokens are found.
    func anchors(beyond count: Int) -> [PrefixDigest.Key] {
        let interval = PrefixDigest.anchorInterval
        return keys(at: stride(from: (count + 1) / interval * interval, through: tokens.count, by: interval))
    }
}
