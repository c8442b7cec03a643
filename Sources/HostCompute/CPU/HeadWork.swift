import CHostKernels

/// What is done for one head of one sequence: given the rows of the sequence, the state of the head, and the head's first
/// channel.
protocol HeadWork {
    func run(_ range: Range<Int>, _ state: UnsafeMutablePointer<Float>, _ c: Int)
}

/// The heads of all sequences, one after the other.
struct HeadParts<Work: HeadWork>: PartWork {
    let work: Work
    let batch: RowBatch
    let slot: Int
    let heads: Int
    let size: Int

    func run(_ part: Range<Int>) {
        for index in part {
            let row = index / heads, head = index % heads, range = batch.range(of: row)
            let state = unsafe batch.states[row].pointer + slot + head * size * size
            // What precedes and follows the recurrence of these tokens still finds their numbers in the cache.
            for start in stride(from: range.lowerBound, to: range.upperBound, by: 32) {
                unsafe work.run(start..<min(start + 32, range.upperBound), state, head * size)
            }
        }
    }
}

struct Heads6: HeadWork {
    let backend: CPUBackend
    let recurrence: Recurrence6

    func run(_ range: Range<Int>, _ state: UnsafeMutablePointer<Float>, _ c: Int) {
        let table = unsafe backend.table
        let r = recurrence.r, k = recurrence.k, v = recurrence.v, out = recurrence.out
        let width = out.width, size = recurrence.headSize, norm = recurrence.groupNorm
        let decay: UnsafePointer<Float>, decayStride: Int
        switch recurrence.decay {
        case .constant(let vector): unsafe (decay, decayStride) = (vector.pointer + c, 0)
        case .perToken(let rows, let base):
            for t in range { unsafe table.decay6(rows.row(t) + c, base.pointer + c, size) }
            unsafe (decay, decayStride) = (UnsafePointer(rows.row(range.lowerBound) + c), width)
        }
        let start = range.lowerBound
        unsafe table.wkv6(
            out.row(start) + c, r.row(start) + c, k.row(start) + c, v.row(start) + c, decay, decayStride,
            recurrence.first.pointer + c, state, width, size, range.count)
        for t in range {
            let row = unsafe out.row(t) + c
            unsafe table.layer_norm(row, row, norm.gain.pointer + c, norm.bias.pointer + c, norm.epsilon, size)
            if let gate = recurrence.gate { unsafe table.silu_gate(row, gate.row(t) + c, size) }
        }
    }
}

struct Heads7: HeadWork {
    let backend: CPUBackend
    let recurrence: Recurrence7

    func run(_ range: Range<Int>, _ state: UnsafeMutablePointer<Float>, _ c: Int) {
        let table = unsafe backend.table, x = recurrence
        let width = x.out.width, size = x.headSize, norm = x.groupNorm
        for t in range {
            unsafe table.decay7(x.decay.row(t) + c, x.decayBase.pointer + c, size)
            unsafe table.keys7(
                x.k.row(t) + c, x.removal.row(t) + c, x.rate.row(t) + c, x.rateBase.pointer + c,
                x.removalScale.pointer + c, x.keyRate.pointer + c, size)
            if let (mix, base) = x.valueMix {
                unsafe table.blend_first(
                    x.v.row(t) + c, x.firstValue.row(t) + c, mix.row(t) + c, base.pointer + c, size)
            } else {
                unsafe (x.firstValue.row(t) + c).update(from: x.v.row(t) + c, count: size)
            }
        }
        let start = range.lowerBound
        unsafe table.wkv7(
            x.out.row(start) + c, x.r.row(start) + c, x.decay.row(start) + c, x.k.row(start) + c,
            x.v.row(start) + c, x.removal.row(start) + c, x.rate.row(start) + c, state, width, size, range.count)
        for t in range {
            let row = unsafe x.out.row(t) + c
            unsafe table.layer_norm(row, row, norm.gain.pointer + c, norm.bias.pointer + c, norm.epsilon, size)
            unsafe table.add_bonus(
                row, x.r.row(t) + c, x.k.row(t) + c, x.bonus.pointer + c, x.v.row(t) + c, size)
            unsafe table.multiply(row, x.gate.row(t) + c, size)
        }
    }
}
