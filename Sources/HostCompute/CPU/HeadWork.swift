import CHostKernels

/// What is done for one head of one sequence, some tokens at a time.
protocol HeadWork {
    /// Arrays of near rows that it needs.
    static var arrayCount: Int { get }

    /// - Parameters:
    ///   - range: rows of the sequence, at most `NearRows.tokens`.
    ///   - state: the head's.
    ///   - c: the head's first channel.
    func run(_ range: Range<Int>, _ state: UnsafeMutablePointer<Float>, _ c: Int, _ near: NearRows)
}

/// The heads of all sequences, one after the other.
struct HeadParts<Work: HeadWork>: PoolWork {
    let work: Work
    let near: NearMemory
    let batch: RowBatch
    let slot: Int
    let heads: Int
    let size: Int
    /// Heads of one part.
    let share: Int

    func run(_ part: Int, worker: Int) {
        let near = near.rows(of: worker), all = part * share..<min((part + 1) * share, batch.count * heads)
        for row in all.lowerBound / heads...(all.upperBound - 1) / heads {
            let some = max(all.lowerBound - row * heads, 0)..<min(all.upperBound - row * heads, heads)
            let range = batch.range(of: row), matrices = unsafe batch.states[row].pointer + slot
            // Neighbouring heads of the same tokens share pages and are fetched in one direction.
            for start in stride(from: range.lowerBound, to: range.upperBound, by: NearRows.tokens) {
                let tokens = start..<min(start + NearRows.tokens, range.upperBound)
                for head in some { unsafe work.run(tokens, matrices + head * size * size, head * size, near) }
            }
        }
    }
}

/// The arrays of near rows; RWKV-5 and 6 have no last two.
private enum Near {
    static let r = 0, k = 1, v = 2, out = 3, decay = 4, rate = 5, removal = 6
}

extension NearRows {
    fileprivate func fetch(r: Activations, k: Activations, v: Activations, _ range: Range<Int>, _ c: Int) {
        fetch(r, range, c, into: Near.r)
        fetch(k, range, c, into: Near.k)
        fetch(v, range, c, into: Near.v)
    }
}

struct Heads6: HeadWork {
    let backend: CPUBackend
    let recurrence: Recurrence6

    static let arrayCount = Near.decay + 1

    func run(_ range: Range<Int>, _ state: UnsafeMutablePointer<Float>, _ c: Int, _ near: NearRows) {
        let table = unsafe backend.table, x = recurrence
        let size = x.headSize, norm = x.groupNorm
        near.fetch(r: x.r, k: x.k, v: x.v, range, c)
        let decay: UnsafePointer<Float>, decayStride: Int
        switch x.decay {
        case .constant(let vector): unsafe (decay, decayStride) = (vector.pointer + c, 0)
        case .perToken(let rows, let base):
            near.fetch(rows, range, c, into: Near.decay)
            for token in 0..<range.count { unsafe table.decay6(near.row(Near.decay, token), base.pointer + c, size) }
            unsafe (decay, decayStride) = (UnsafePointer(near.row(Near.decay)), size)
        }
        unsafe table.wkv6(
            near.row(Near.out), near.row(Near.r), near.row(Near.k), near.row(Near.v), decay, decayStride,
            x.first.pointer + c, state, size, size, range.count)
        for (token, t) in range.enumerated() {
            let out = unsafe x.out.row(t) + c
            unsafe table.layer_norm(
                out, near.row(Near.out, token), norm.gain.pointer + c, norm.bias.pointer + c, norm.epsilon, size)
            if let gate = x.gate { unsafe table.silu_gate(out, gate.row(t) + c, size) }
        }
    }
}

struct Heads7: HeadWork {
    let backend: CPUBackend
    let recurrence: Recurrence7

    static let arrayCount = Near.removal + 1

    func run(_ range: Range<Int>, _ state: UnsafeMutablePointer<Float>, _ c: Int, _ near: NearRows) {
        let table = unsafe backend.table, x = recurrence
        let size = x.headSize, norm = x.groupNorm
        near.fetch(r: x.r, k: x.k, v: x.v, range, c)
        near.fetch(x.decay, range, c, into: Near.decay)
        near.fetch(x.rate, range, c, into: Near.rate)
        for (token, t) in range.enumerated() {
            unsafe table.decay7(near.row(Near.decay, token), x.decayBase.pointer + c, size)
            unsafe table.keys7(
                near.row(Near.k, token), near.row(Near.removal, token), near.row(Near.rate, token),
                x.rateBase.pointer + c, x.removalScale.pointer + c, x.keyRate.pointer + c, size)
            let value = unsafe near.row(Near.v, token), first = unsafe x.firstValue.row(t) + c
            if let (mix, base) = x.valueMix {
                unsafe table.blend_first(value, first, mix.row(t) + c, base.pointer + c, size)
            } else {
                unsafe first.update(from: value, count: size)
            }
        }
        unsafe table.wkv7(
            near.row(Near.out), near.row(Near.r), near.row(Near.decay), near.row(Near.k), near.row(Near.v),
            near.row(Near.removal), near.row(Near.rate), state, size, size, range.count)
        for (token, t) in range.enumerated() {
            let out = unsafe x.out.row(t) + c
            unsafe table.layer_norm(
                out, near.row(Near.out, token), norm.gain.pointer + c, norm.bias.pointer + c, norm.epsilon, size)
            unsafe table.add_bonus(
                out, near.row(Near.r, token), near.row(Near.k, token), x.bonus.pointer + c, near.row(Near.v, token), size)
            unsafe table.multiply(out, x.gate.row(t) + c, size)
        }
    }
}
