import CHostKernels

/// The recurrences run along the tokens, so the work is shared out by sequences and heads. All that a head needs before
/// and after its recurrence is done by the same thread while the numbers are near.
extension CPUBackend {
    package func recur6(_ recurrence: Recurrence6, in batch: RowBatch, slot: Int) {
        let r = recurrence.r, k = recurrence.k, v = recurrence.v, out = recurrence.out
        let width = out.width, norm = recurrence.groupNorm
        let rows = batch.tokens.count
        precondition(r.is(rows, width) && k.is(rows, width) && v.is(rows, width))
        precondition(recurrence.gate?.is(rows, width) ?? true)
        precondition(recurrence.first.count == width && norm.gain.count == width)
        switch recurrence.decay {
        case .constant(let decay): precondition(decay.count == width)
        case .perToken(let decay, let base): precondition(decay.is(rows, width) && base.count == width)
        }
        out.resize(rows: rows)
        inHeads(of: batch, slot: slot, width: width, size: recurrence.headSize, Heads6(backend: self, recurrence: recurrence))
    }

    package func recur7(_ x: Recurrence7, in batch: RowBatch, slot: Int) {
        let width = x.out.width, norm = x.groupNorm
        let rows = batch.tokens.count
        precondition(x.r.is(rows, width) && x.k.is(rows, width) && x.v.is(rows, width) && x.gate.is(rows, width))
        precondition(x.decay.is(rows, width) && x.rate.is(rows, width))
        precondition(x.decayBase.count == width && x.rateBase.count == width && x.removalScale.count == width)
        precondition(x.keyRate.count == width && x.bonus.count == width && norm.gain.count == width)
        precondition(x.firstValue.width == width)
        x.out.resize(rows: rows)
        if let (mix, base) = x.valueMix {
            precondition(mix.is(rows, width) && base.count == width && x.firstValue.rows == rows)
        } else {
            x.firstValue.resize(rows: rows)
        }
        inHeads(of: batch, slot: slot, width: width, size: x.headSize, Heads7(backend: self, recurrence: x))
    }

    /// Runs `work` for each head of each sequence.
    private func inHeads<Work: HeadWork>(of batch: RowBatch, slot: Int, width: Int, size: Int, _ work: Work) {
        precondition(size > 0 && width % size == 0)
        let heads = width / size
        for state in batch.states { precondition(slot >= 0 && slot + width * size <= state.count) }
        var longest = 1
        for row in 0..<batch.count { longest = max(longest, batch.range(of: row).count) }
        let count = batch.count * heads
        var share = partSize(count, cost: 4 * size * size * max(batch.tokens.count / max(batch.count, 1), 1))
        // A long sequence among short ones has most of the work in few of the heads.
        if share < count { share = min(share, max(1, batch.tokens.count * heads / (4 * pool.threadCount) / longest)) }
        nearMemory.prepare(threads: pool.threadCount, arrays: Work.arrayCount, size: size)
        pool.parallel(partCount(count, of: share), work: HeadParts(
            work: work, near: nearMemory, batch: batch, slot: slot, heads: heads, size: size, share: share))
    }
}

extension CPUBackend {
    package func split(_ x: Activations, into parts: ArraySlice<Activations>) {
        precondition(parts.reduce(0) { $0 + $1.width } == x.width)
        for part in parts { part.resize(rows: x.rows) }
        for index in 0..<x.rows {
            var source = unsafe x.row(index)
            for part in parts {
                unsafe part.row(index).update(from: source, count: part.width)
                unsafe source += part.width
            }
        }
    }
}

extension Activations {
    fileprivate func `is`(_ rows: Int, _ width: Int) -> Bool { self.rows == rows && self.width == width }
}
