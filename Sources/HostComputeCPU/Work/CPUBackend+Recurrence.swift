import CHostKernels
import HostCompute

extension CPUBackend {
    /// The recurrence runs along the tokens, so the work is shared out by channels.
    func work(of x: WKV4, stateSize: Int) -> CPUWork {
        let r = x.r.onCPU, k = x.k.onCPU, v = x.v.onCPU, out = x.out.onCPU
        let decay = x.decay.onCPU, bonus = x.bonus.onCPU, offset = x.offset
        let channels = decay.count
        precondition(bonus.count == channels && [r, k, v, out].allSatisfy { $0.width == channels && $0.unit == .tokens })
        precondition(offset >= 0 && offset + 3 * channels <= stateSize)
        return { [self] pass in
            for number in 0..<pass.batch.sequenceCount {
                let rows = pass.batch.rows(ofSequence: number)
                // An exponential costs about as much as four plain operations, and there are five for each number.
                inParts(channels, cost: 20 * rows.count, multipleOf: 16, work: unsafe Channels(
                    backend: self, r: r, k: k, v: v, rows: rows, sums: pass.states[number] + offset,
                    decay: decay, bonus: bonus, out: out))
            }
        }
    }
}

/// The channels of one sequence.
@safe private struct Channels: PartWork {
    let backend: CPUBackend
    let r: CPUActivations, k: CPUActivations, v: CPUActivations
    let rows: Range<Int>
    /// Numerator, denominator and greatest exponent of the sequence.
    let sums: UnsafeMutablePointer<Float>
    let decay: CPUVector, bonus: CPUVector
    let out: CPUActivations

    func run(_ part: Range<Int>) {
        let c = part.lowerBound, start = rows.lowerBound, channels = decay.count
        unsafe backend.table.wkv4(
            out.row(start) + c, r.row(start) + c, k.row(start) + c, v.row(start) + c, channels,
            decay.pointer + c, bonus.pointer + c,
            sums + c, sums + channels + c, sums + 2 * channels + c, part.count, rows.count)
    }
}
