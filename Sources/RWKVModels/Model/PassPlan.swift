import HostCompute
import HostCore

/// What the next pass of a call does: its batch, which part of each caller's entry is in it, and what is wanted of it.
///
/// Its memory is kept from pass to pass. The model's lock guards it.
final class PassPlan: @unchecked Sendable {
    private(set) var batch = RaggedBatch()
    /// The part of a caller's entry that each sequence of the batch is.
    private var parts: [Part] = []
    /// The tokens of the batch whose logits or hidden states are wanted.
    private var wanted: [Int] = []
    /// Where each of them goes.
    private(set) var targets: [Target] = []

    /// Consecutive tokens of one caller's entry.
    private struct Part {
        let entry: Int
        /// The first token's number in the caller's entry.
        let offset: Int
        let count: Int
    }

    /// A token of a caller's entry.
    struct Target {
        let entry: Int
        let token: Int
    }

    /// Where the next pass goes on.
    struct Position {
        var entry = 0
        var token = 0
    }

    /// Fills the batch with the next tokens in order; false when none is left.
    ///
    /// - Parameter slots: of each entry's state.
    func next(
        _ entries: borrowing [BatchEntry], slots: borrowing [Int], from position: inout Position, limits: DeviceLimits
    ) -> Bool {
        batch.removeAll()
        parts.removeAll(keepingCapacity: true)
        var room = limits.tokensPerPass
        while position.entry < entries.count, room > 0 {
            let rest = entries[position.entry].tokens[position.token...]
            // A chain is in one pass.
            if position.token == 0, room < limits.tokensPerPass, chainCount(from: position.entry, of: entries) > room { break }
            // What comes out must not depend on who shares a pass.
            let tokens = rest.prefix(rest.count <= room ? room : room / limits.cut * limits.cut)
            if tokens.isEmpty { break }
            batch.append(tokens, slot: slots[position.entry], continuesPrevious: entries[position.entry].continuesPrevious)
            parts.append(Part(entry: position.entry, offset: position.token, count: tokens.count))
            room -= tokens.count
            position.token += tokens.count
            if position.token == entries[position.entry].tokens.count { position = Position(entry: position.entry + 1) }
        }
        return !parts.isEmpty
    }

    /// How many entries go on from one another from this one on; 1 where it is not the first of several.
    private func chainCount(from first: Int, of entries: borrowing [BatchEntry]) -> Int {
        guard !entries[first].continuesPrevious else { return 1 }
        var end = first + 1
        while end < entries.count, entries[end].continuesPrevious { end += 1 }
        return end - first
    }

    /// Of which tokens of an entry something is wanted.
    enum Extent { case none, last, all }

    /// Lists the tokens of the pass of which something is wanted.
    func collect(_ entries: borrowing [BatchEntry], _ extent: (BatchEntry.Output) -> Extent) {
        wanted.removeAll(keepingCapacity: true)
        targets.removeAll(keepingCapacity: true)
        for (number, part) in parts.enumerated() {
            let isLastPart = part.offset + part.count == entries[part.entry].tokens.count
            let first: Int
            switch extent(entries[part.entry].output) {
            case .all: first = 0
            case .last where isLastPart: first = part.count - 1
            case .last, .none: continue
            }
            for index in first..<part.count {
                wanted.append(batch.rows(ofSequence: number).lowerBound + index)
                targets.append(Target(entry: part.entry, token: part.offset + index))
            }
        }
    }

    /// Has the batch name the next of the wanted rows, some at a time: logits take much memory. Nil when none is left.
    func nextOutputs(from start: Int, limits: DeviceLimits) -> Range<Int>? {
        guard start < wanted.count else { return nil }
        let slice = start..<min(start + limits.outputsPerPass, wanted.count)
        batch.setOutputs(wanted[slice])
        return slice
    }
}

extension BatchEntry.Output {
    var logits: PassPlan.Extent { self == .allLogits ? .all : wantsLastLogits ? .last : .none }
    var hidden: PassPlan.Extent { wantsAllHidden ? .all : self == .lastHidden ? .last : .none }
}
