/// The ranked merges of a byte pair vocabulary: which two neighbours become which token, and how early.
struct MergeTable: Sendable {
    /// Ranks fit 24 bits, so that a rank and a position in a text share one number.
    static let maximumCount = 1 << 21
    /// The rank of a pair that does not merge.
    static let noRank = UInt32.max

    /// Open addressing, a power of two of slots and at most half of them used; `emptyKey` marks a free slot.
    private var keys: [UInt64]
    private var ranks: [UInt32]
    private var results: [Int32] = []
    /// Different for each table, so that no file can be made whose pairs all collide.
    private let seed = UInt64.random(in: 0...UInt64.max)
    private static let emptyKey = UInt64.max

    init(capacity: Int) {
        var slots = 16
        while slots < 2 * capacity { slots *= 2 }
        keys = Array(repeating: MergeTable.emptyKey, count: slots)
        ranks = Array(repeating: MergeTable.noRank, count: slots)
        results.reserveCapacity(capacity)
    }

    /// Adds the merge of the next rank; at most `capacity` of them. A repeated pair takes the later rank, as in
    /// Hugging Face's reader.
    mutating func append(left: Int32, right: Int32, result: Int32) {
        let slot = slot(of: MergeTable.key(left, right))
        keys[slot] = MergeTable.key(left, right)
        ranks[slot] = UInt32(results.count)
        results.append(result)
    }

    /// The rank of a pair, or `noRank`.
    func rank(_ left: Int32, _ right: Int32) -> UInt32 {
        ranks[slot(of: MergeTable.key(left, right))]
    }

    /// The token that a merge of this rank gives.
    func result(ofRank rank: UInt32) -> Int32 { results[Int(rank)] }

    /// Where a key is, or the free slot where it would go.
    private func slot(of key: UInt64) -> Int {
        let mask = keys.count - 1
        var slot = Int(truncatingIfNeeded: MergeTable.mix(key ^ seed)) & mask
        while keys[slot] != key, keys[slot] != MergeTable.emptyKey { slot = (slot + 1) & mask }
        return slot
    }

    private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
    }

    /// The finaliser of MurmurHash3, which spreads every bit over all.
    private static func mix(_ value: UInt64) -> UInt64 {
        var value = value
        value = (value ^ (value >> 33)) &* 0xFF51_AFD7_ED55_8CCD
        value = (value ^ (value >> 33)) &* 0xC4CE_B9FE_1A85_EC53
        return value ^ (value >> 33)
    }
}
