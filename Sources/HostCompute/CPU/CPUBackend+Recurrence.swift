import CHostKernels

extension CPUBackend {
    /// The recurrence runs along the tokens, so the work is shared out by channels.
    package func recur4(
        r: Activations, k: Activations, v: Activations, in batch: RowBatch, slot: Int,
        decay: Vector, first: Vector, into out: Activations
    ) {
        let channels = decay.count
        precondition(first.count == channels && k.width == channels && v.width == channels)
        precondition(r.width == channels && out.width == channels)
        precondition(k.rows == batch.tokens.count && v.rows == k.rows && r.rows == k.rows)
        out.resize(rows: k.rows)
        for (row, state) in batch.states.enumerated() {
            precondition(slot >= 0 && slot + 3 * channels <= state.count)
            let range = batch.range(of: row)
            // An exponential costs about as much as four plain operations, and there are five for each number.
            inParts(channels, cost: 20 * range.count, multipleOf: 16, work: Recurrence4(
                backend: self, r: r, k: k, v: v, range: range, state: state, slot: slot,
                decay: decay, first: first, out: out))
        }
    }
}

/// The channels of one sequence.
private struct Recurrence4: PartWork {
    let backend: CPUBackend
    let r: Activations, k: Activations, v: Activations
    let range: Range<Int>
    let state: Buffer
    let slot: Int
    let decay: Vector, first: Vector
    let out: Activations

    func run(_ part: Range<Int>) {
        let c = part.lowerBound, start = range.lowerBound, channels = decay.count
        let sums = unsafe state.pointer + slot
        unsafe backend.table.wkv4(
            out.row(start) + c, r.row(start) + c, k.row(start) + c, v.row(start) + c, channels,
            decay.pointer + c, first.pointer + c,
            sums + c, sums + channels + c, sums + 2 * channels + c, part.count, range.count)
    }
}
