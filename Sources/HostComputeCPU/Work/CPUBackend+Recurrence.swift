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
            for chain in 0..<pass.batch.chainCount {
                let sequences = pass.batch.sequences(ofChain: chain)
                // An exponential costs about as much as four plain operations, and there are five for each number.
                inParts(
                    channels, cost: 20 * pass.batch.rows(ofSequences: sequences).count, multipleOf: 16,
                    work: Channels(
                        backend: self, r: r, k: k, v: v, pass: copy pass, sequences: sequences, offset: offset,
                        decay: decay, bonus: bonus, out: out))
            }
        }
    }
}

/// The channels of one chain of sequences.
private struct Channels: PartWork {
    let backend: CPUBackend
    let r: CPUActivations, k: CPUActivations, v: CPUActivations
    let pass: CPUPass
    let sequences: Range<Int>
    /// Where numerator, denominator and greatest exponent lie in a state.
    let offset: Int
    let decay: CPUVector, bonus: CPUVector
    let out: CPUActivations

    func run(_ part: Range<Int>) {
        for number in sequences {
            if number > sequences.lowerBound { copy(part, from: number - 1, to: number) }
            run(part, ofSequence: number)
        }
    }

    private func run(_ part: Range<Int>, ofSequence number: Int) {
        let rows = pass.batch.rows(ofSequence: number), sums = unsafe pass.states[number] + offset
        let c = part.lowerBound, start = rows.lowerBound, channels = decay.count
        unsafe backend.table.wkv4(
            out.row(start) + c, r.row(start) + c, k.row(start) + c, v.row(start) + c, channels,
            decay.pointer + c, bonus.pointer + c,
            sums + c, sums + channels + c, sums + 2 * channels + c, part.count, rows.count)
    }
    /// Has a sequence begin where the one before it has ended.
    private func copy(_ part: Range<Int>, from previous: Int, to number: Int) {
        for sum in 0..<3 {
            let start = offset + sum * decay.count + part.lowerBound
            unsafe (pass.states[number] + start).update(from: pass.states[previous] + start, count: part.count)
        }
    }
}
