import HostCore
import Synchronization

extension StateCache {
    /// The fastest tier, for one model or for all of the host together; the models' names are parts of the keys.
    ///
    /// Bounded by bytes; what was used longest ago goes first. Entries are values, so a copy may be changed freely.
    package final class Memory: StateTier {
        let capacity: Int
        private let table = Mutex(Table())

        /// - Parameter capacity: in bytes; 0 keeps nothing.
        package init(capacity: Int) { self.capacity = capacity }

        package var byteCount: Int { table.withLock { $0.byteCount } }
        /// Where beginnings were found that requests looked for.
        package var lookups: ServiceCounters.Lookups { table.withLock { $0.lookups } }
        /// Bytes of states within texts that went on.
        var onTheWayByteCount: Int { table.withLock { $0.onTheWayByteCount } }

        var level: StateLevel { .memory }

        /// - Parameter level: where a beginning was found; nil for nowhere.
        func count(_ level: StateLevel?) { table.withLock { $0.lookups.add(level) } }

        /// - Cost: hashes the tokens up to the longest candidate.
        func find(in text: PrefixText, beyond known: Int, of shape: StateShape) -> Found? {
            let lengths = table.withLock { $0.lengths.keys.filter { known < $0 && $0 <= text.tokens.count } }
            for key in text.keys(at: lengths).reversed() {
                guard let entry = entry(for: key) else { continue }
                if key.count < text.tokens.count || entry.logits != nil { return (key, entry) }
            }
            return nil
        }

        private func entry(for key: PrefixDigest.Key) -> Entry? {
            table.withLock { table in
                table.clock += 1
                table.slots[key]?.lastUse = table.clock
                return table.slots[key]?.entry
            }
        }

        func keep(_ entry: Entry, at place: PrefixDigest.Place, of shape: StateShape) -> Bool { insert(entry, for: place.key) }

        /// False where nothing new is to be kept.
        @discardableResult
        func insert(_ entry: Entry, for key: PrefixDigest.Key) -> Bool {
            let share = capacity / 4
            guard entry.byteCount <= (entry.isOnTheWay ? share : capacity) else { return false }
            return table.withLock { table in
                table.clock += 1
                if let old = table.slots[key]?.entry {
                    table.slots[key]?.lastUse = table.clock
                    let isBetter = old.logits == nil && entry.logits != nil || old.isOnTheWay && !entry.isOnTheWay
                    if !isBetter { return false }
                    table.remove(key)
                }
                table.add(entry, for: key)
                while table.onTheWayByteCount > share, let oldest = table.oldestOnTheWay { table.remove(oldest) }
                while table.byteCount > capacity, let oldest = table.oldest { table.remove(oldest) }
                return true
            }
        }
    }

    private struct Slot {
        let entry: Entry
        var lastUse: UInt64
    }

    private struct Table {
        var slots: [PrefixDigest.Key: Slot] = [:]
        /// How many entries have this many tokens.
        var lengths: [Int: Int] = [:]
        var byteCount = 0
        var lookups = ServiceCounters.Lookups()
        /// Bytes of states within texts that went on.
        var onTheWayByteCount = 0
        var clock: UInt64 = 0

        var oldest: PrefixDigest.Key? { slots.min { $0.value.lastUse < $1.value.lastUse }?.key }

        var oldestOnTheWay: PrefixDigest.Key? {
            slots.filter { $0.value.entry.isOnTheWay }.min { $0.value.lastUse < $1.value.lastUse }?.key
        }

        mutating func add(_ entry: Entry, for key: PrefixDigest.Key) {
            slots[key] = Slot(entry: entry, lastUse: clock)
            lengths[key.count, default: 0] += 1
            byteCount += entry.byteCount
            if entry.isOnTheWay { onTheWayByteCount += entry.byteCount }
        }

        mutating func remove(_ key: PrefixDigest.Key) {
            guard let slot = slots.removeValue(forKey: key) else { return }
            byteCount -= slot.entry.byteCount
            if slot.entry.isOnTheWay { onTheWayByteCount -= slot.entry.byteCount }
            if let count = lengths[key.count] { lengths[key.count] = count > 1 ? count - 1 : nil }
        }
    }
}
