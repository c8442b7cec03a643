import HostCore
import Synchronization

/// States of texts that were read before, by their tokens: a request that begins like one of them goes on from there.
///
/// Bounded by bytes; what was used longest ago goes first. Entries are values, so whoever takes one may change it
/// freely. Correctness never depends on it: what is not found is read again, and numbers agree within the rounding that
/// other cuts of a prompt bring. With a folder, what is kept is also written there and survives a restart.
final class StateCache: Sendable {
    struct Entry: Sendable {
        let snapshot: StateSnapshot
        /// What follows the last token; without it, an equal prompt has to be read again from somewhere before its end.
        let logits: [Float]?

        var byteCount: Int { (snapshot.values.count + (logits?.count ?? 0)) * MemoryLayout<Float>.stride }
    }

    fileprivate struct Slot {
        let entry: Entry
        var lastUse: UInt64
    }

    fileprivate struct Table {
        var slots: [PrefixDigest.Key: Slot] = [:]
        /// How many entries have so many tokens.
        var lengths: [Int: Int] = [:]
        var byteCount = 0
        var clock: UInt64 = 0
    }

    private let capacity: Int
    /// The folder, and what this model's files in it look like.
    private let kept: (folder: StateFolder, shape: StateShape)?
    private let table = Mutex(Table())

    /// - Parameter capacity: in bytes; 0 keeps nothing.
    init(capacity: Int, kept: (folder: StateFolder, shape: StateShape)? = nil) {
        self.capacity = capacity
        self.kept = kept
    }

    /// The entry of the longest known beginning; of the whole text only when its logits are known.
    ///
    /// - Cost: hashes the tokens up to the longest candidate.
    func longestPrefix(of tokens: [TokenID], from origin: TextOrigin) -> (count: Int, entry: Entry)? {
        let lengths = table.withLock { $0.lengths.keys.filter { $0 <= tokens.count } }
        for key in keys(of: tokens, from: origin, lengths: lengths).reversed() {
            guard let entry = entry(for: key) else { continue }
            if key.count < tokens.count || entry.logits != nil { return (key.count, entry) }
        }
        return nil
    }

    func store(_ entry: Entry, for key: PrefixDigest.Key) {
        if insert(entry, for: key), let kept { kept.folder.save(entry, for: key, of: kept.shape) }
    }

    /// Brings a longer beginning than memory knows in from the folder; may take as long as reading a file does.
    func fetch(beginningOf tokens: [TokenID], from origin: TextOrigin) {
        guard let (folder, shape) = kept, capacity > 0 else { return }
        let known = longestPrefix(of: tokens, from: origin)?.count ?? 0
        let lengths = folder.lengths.filter { known < $0 && $0 <= tokens.count }
        for key in keys(of: tokens, from: origin, lengths: lengths).reversed() {
            guard let entry = folder.load(key, of: shape) else { continue }
            insert(entry, for: key)
            if key.count < tokens.count || entry.logits != nil { return }
        }
    }

    var byteCount: Int { table.withLock { $0.byteCount } }

    private func keys(of tokens: [TokenID], from origin: TextOrigin, lengths: some Sequence<Int>) -> [PrefixDigest.Key] {
        var digest = PrefixDigest(origin)
        return lengths.sorted().map { length in
            digest.append(tokens[digest.count..<length])
            return digest.key
        }
    }

    private func entry(for key: PrefixDigest.Key) -> Entry? {
        table.withLock { table in
            table.clock += 1
            table.slots[key]?.lastUse = table.clock
            return table.slots[key]?.entry
        }
    }

    /// False where nothing new is to be kept.
    @discardableResult
    private func insert(_ entry: Entry, for key: PrefixDigest.Key) -> Bool {
        guard entry.byteCount <= capacity else { return false }
        return table.withLock { table in
            table.clock += 1
            if let old = table.slots[key]?.entry {
                table.slots[key]?.lastUse = table.clock
                if old.logits != nil || entry.logits == nil { return false }
                table.remove(key)
            }
            table.slots[key] = Slot(entry: entry, lastUse: table.clock)
            table.lengths[key.count, default: 0] += 1
            table.byteCount += entry.byteCount
            while table.byteCount > capacity, let oldest = table.oldest { table.remove(oldest) }
            return true
        }
    }
}

extension StateCache.Table {
    fileprivate var oldest: PrefixDigest.Key? { slots.min { $0.value.lastUse < $1.value.lastUse }?.key }

    fileprivate mutating func remove(_ key: PrefixDigest.Key) {
        guard let slot = slots.removeValue(forKey: key) else { return }
        byteCount -= slot.entry.byteCount
        if let count = lengths[key.count] { lengths[key.count] = count > 1 ? count - 1 : nil }
    }
}
