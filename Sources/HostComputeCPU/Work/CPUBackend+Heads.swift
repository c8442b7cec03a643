import CHostKernels
import HostCompute

/// The recurrences run along the tokens, so the work is shared out by chains of sequences and heads. All that a head needs before
/// and after its recurrence is done by the same thread while the numbers are near.
extension CPUBackend {
    func work(of x: WKV6, stateSize: Int) -> CPUWork {
        let heads = Heads6(backend: self, x), width = heads.out.width
        check([heads.r, heads.k, heads.v, heads.out] + (heads.gate.map { [$0] } ?? []), width)
        precondition(heads.bonus.count == width && heads.norm.gain.count == width)
        switch heads.decay {
        case .constant(let decay): precondition(decay.count == width)
        case .perToken(let decay, let base):
            check([decay], width)
            precondition(base.count == width)
        }
        return inHeads(heads, width: width, size: x.headSize, offset: x.offset, stateSize)
    }

    func work(of x: WKV7, stateSize: Int) -> CPUWork {
        let heads = Heads7(backend: self, x), width = heads.out.width
        check([heads.r, heads.k, heads.v, heads.decay, heads.learningRate, heads.gate, heads.firstValue, heads.out], width)
        if let (mix, base) = heads.valueMix {
            check([mix], width)
            precondition(base.count == width)
        }
        let vectors = [heads.decayBase, heads.learningRateBase, heads.removalKeyScale, heads.keyLearningScale, heads.bonus]
        precondition(vectors.allSatisfy { $0.count == width } && heads.norm.gain.count == width)
        return inHeads(heads, width: width, size: x.headSize, offset: x.offset, stateSize)
    }

    private func check(_ all: [CPUActivations], _ width: Int) {
        precondition(all.allSatisfy { $0.width == width && $0.unit == .tokens })
    }

    /// Runs `work` for each head of each chain.
    private func inHeads<Work: HeadWork>(
        _ work: Work, width: Int, size: Int, offset: Int, _ stateSize: Int
    ) -> CPUWork {
        precondition(size > 0 && width % size == 0)
        precondition(offset >= 0 && offset + width * size <= stateSize)
        let heads = width / size
        return { [self] pass in
            let batch = pass.batch
            var longest = 1
            for number in 0..<batch.chainCount {
                longest = max(longest, batch.rows(ofSequences: batch.sequences(ofChain: number)).count)
            }
            let count = batch.chainCount * heads
            var share = partSize(count, cost: 4 * size * size * max(batch.tokens.count / max(batch.chainCount, 1), 1))
            // A long sequence among short ones has most of the work in few of the heads.
            if share < count {
                share = min(share, max(1, batch.tokens.count * heads / (4 * pool.threadCount) / longest))
            }
            headTiles.prepare(threads: pool.threadCount, arrays: Work.arrayCount, size: size)
            pool.parallel(
                partCount(count, of: share),
                work: HeadParts(
                    work: work, tiles: headTiles, pass: copy pass, offset: offset, heads: heads, size: size, share: share))
        }
    }
}
