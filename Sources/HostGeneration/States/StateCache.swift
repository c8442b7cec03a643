import HostCore

/// States of texts that were read before, by their tokens: a request that begins like one of them goes on from there.
///
/// Requests are served from memory. What is kept there goes to the tiers below it too, written behind; before a prompt is read,
/// those are asked for more of it than memory knows. Correctness never depends on any of them: what is not found is read again,
/// and numbers agree within the rounding that other cuts of a prompt bring.
package final class StateCache: Sendable {
    struct Entry: Sendable {
        let snapshot: StateSnapshot
        /// What follows the last token; without it, an equal prompt has to be read again from somewhere before its end.
        let logits: [Float]?
        /// Whether it lies within a text that went on. All of these take a quarter of the memory at most, and no other tier.
        var isOnTheWay = false

        var byteCount: Int { (snapshot.values.count + (logits?.count ?? 0)) * MemoryLayout<Float>.stride }
    }

    private let memory: Memory
    /// The faster first.
    private let tiers: [any StateTier]
    /// What this model's states look like.
    private let shape: StateShape

    init(_ memory: Memory, below tiers: [any StateTier] = [], shape: StateShape) {
        self.memory = memory
        self.tiers = tiers
        self.shape = shape
    }

    /// The entry of the longest beginning that memory knows; of the whole text only when its logits are known.
    func longestPrefix(of tokens: [TokenID], from namespace: CacheNamespace) -> (count: Int, entry: Entry)? {
        let found = memory.find(in: PrefixText(tokens: tokens, namespace: namespace), beyond: 0, of: shape)
        memory.count(found == nil ? nil : memory.level)
        return found.map { ($0.key.count, $0.entry) }
    }

    func store(_ entry: Entry, at place: PrefixDigest.Place) {
        guard memory.keep(entry, at: place, of: shape), !entry.isOnTheWay else { return }
        for tier in tiers { tier.keep(entry, at: place, of: shape) }
    }

    /// Brings a longer beginning than memory knows in from the tiers below; may take as long as reading a file or asking a store.
    func fetch(beginningOf tokens: [TokenID], from namespace: CacheNamespace) async {
        guard memory.capacity > 0, !tiers.isEmpty else { return }
        let text = PrefixText(tokens: tokens, namespace: namespace)
        var known = memory.find(in: text, beyond: 0, of: shape)?.key.count ?? 0
        for tier in tiers where known < tokens.count {
            guard let found = await tier.find(in: text, beyond: known, of: shape) else { continue }
            memory.insert(found.entry, for: found.key)
            memory.count(tier.level)
            known = found.key.count
        }
    }

    var byteCount: Int { memory.byteCount }
}
