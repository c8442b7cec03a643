import HostCompute
import HostCore

/// What the next pass of a call does: its batch, which part of each caller's row is in it, and what is wanted of it.
///
/// Its memory is kept from pass to pass. The model's lock guards it.
final class PassPlan: @unchecked Sendable {
    private(set) var batch = RaggedBatch()
    /// The part of a caller's row that each sequence of the batch is.
    private var parts: [Part] = []
    /// The tokens of the batch whose logits or hidden states are wanted.
    private var wanted: [Int] = []
    /// Where each of them goes.
    private(set) var targets: [Target] = []

    /// Consecutive tokens of one caller's row.
    private struct Part {
        let row: Int
        /// The first token's number in the caller's row.
        let offset: Int
        let count: Int
    }

    /// A token of a caller's row.
    struct Target {
        let row: Int
        let token: Int
    }

    /// Where the next pass goes on.
    struct Position {
        var row = 0
        var token = 0
    }

    /// Fills the batch with the next tokens in order; false when none is left.
    ///
    /// - Parameter slots: of each row's state.
    func next(
        _ rows: borrowing [ForwardRow], slots: borrowing [Int], from position: inout Position, limits: DeviceLimits
    ) -> Bool {
        batch.removeAll()
        parts.removeAll(keepingCapacity: true)
        var room = limits.tokensPerPass
        while position.row < rows.count, room > 0 {
            let rest = rows[position.row].tokens[position.token...]
            // What comes out must not depend on who shares a pass.
            let tokens = rest.prefix(rest.count <= room ? room : room / limits.cut * limits.cut)
            if tokens.isEmpty { break }
            batch.append(tokens, slot: slots[position.row])
            parts.append(Part(row: position.row, offset: position.token, count: tokens.count))
            room -= tokens.count
            position.token += tokens.count
            if position.token == rows[position.row].tokens.count { position = Position(row: position.row + 1) }
        }
        return !parts.isEmpty
    }

    /// Lists the tokens of the pass whose output is wanted: a row's last, or all.
    func collect(_ rows: borrowing [ForwardRow], last: ForwardRow.Output, all: ForwardRow.Output) {
        wanted.removeAll(keepingCapacity: true)
        targets.removeAll(keepingCapacity: true)
        for (number, part) in parts.enumerated() {
            let output = rows[part.row].output
            let isLastPart = part.offset + part.count == rows[part.row].tokens.count
            let wantsLast = output == last || output == .lastLogitsAndHidden
            guard output == all || wantsLast && isLastPart else { continue }
            for index in (output == all ? 0 : part.count - 1)..<part.count {
                wanted.append(batch.rows(ofSequence: number).lowerBound + index)
                targets.append(Target(row: part.row, token: part.offset + index))
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
