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
            let sums = unsafe state.pointer + slot
            // An exponential costs about as much as eight plain operations, and there are five for each number.
            inParts(channels, cost: 40 * range.count, multipleOf: 16) { part in
                let c = part.lowerBound, start = range.lowerBound
                unsafe table.wkv4(
                    out.row(start) + c, r.row(start) + c, k.row(start) + c, v.row(start) + c, channels,
                    decay.pointer + c, first.pointer + c,
                    sums + c, sums + channels + c, sums + 2 * channels + c, part.count, range.count)
            }
        }
    }
}
