import CHostKernels
import HostCompute

/// What is done for one head of one sequence, some tokens at a time.
protocol HeadWork {
    /// Arrays of a tile that it needs.
    static var arrayCount: Int { get }

    /// - Parameters:
    ///   - range: rows of the sequence, at most `HeadTile.tokens`.
    ///   - state: the head's.
    ///   - c: the head's first channel.
    func run(_ range: Range<Int>, _ state: UnsafeMutablePointer<Float>, _ c: Int, _ tile: HeadTile)
}

/// The heads of all chains, one after the other.
struct HeadParts<Work: HeadWork>: PoolWork {
    let work: Work
    let tiles: HeadTilePool
    let pass: CPUPass
    /// Where the heads' matrices begin in a state.
    let offset: Int
    let heads: Int
    let size: Int
    /// Heads of one part.
    let share: Int

    func run(_ part: Int, worker: Int) {
        let tile = tiles.tile(of: worker), batch = pass.batch
        let all = part * share..<min((part + 1) * share, batch.chainCount * heads)
        for number in all.lowerBound / heads...(all.upperBound - 1) / heads {
            let some = max(all.lowerBound - number * heads, 0)..<min(all.upperBound - number * heads, heads)
            let chain = batch.sequences(ofChain: number)
            for sequence in chain {
                if sequence > chain.lowerBound { copy(some, from: sequence - 1, to: sequence) }
                run(some, ofSequence: sequence, tile)
            }
        }
    }

    private func run(_ some: Range<Int>, ofSequence number: Int, _ tile: HeadTile) {
        let range = pass.batch.rows(ofSequence: number), matrices = unsafe pass.states[number] + offset
        // Neighbouring heads of the same tokens share pages and are fetched in one direction.
        for start in stride(from: range.lowerBound, to: range.upperBound, by: HeadTile.tokens) {
            let tokens = start..<min(start + HeadTile.tokens, range.upperBound)
            for head in some { unsafe work.run(tokens, matrices + head * size * size, head * size, tile) }
        }
    }

    /// Has a sequence begin where the one before it in its chain has ended.
    private func copy(_ some: Range<Int>, from previous: Int, to number: Int) {
        let start = offset + some.lowerBound * size * size
        unsafe (pass.states[number] + start).update(from: pass.states[previous] + start, count: some.count * size * size)
    }
}

/// The arrays of a tile; RWKV-5 and 6 have no last two.
private enum TileArray {
    static let r = 0, k = 1, v = 2, out = 3, decay = 4, learningRate = 5, removal = 6
}

extension HeadTile {
    fileprivate func fetch(r: CPUActivations, k: CPUActivations, v: CPUActivations, _ range: Range<Int>, _ c: Int) {
        fetch(r, range, c, into: TileArray.r)
        fetch(k, range, c, into: TileArray.k)
        fetch(v, range, c, into: TileArray.v)
    }
}

struct Heads6: HeadWork {
    let backend: CPUBackend
    let r: CPUActivations, k: CPUActivations, v: CPUActivations
    let decay: Decay
    let bonus: CPUVector
    let norm: CPUNorm
    let gate: CPUActivations?
    let out: CPUActivations
    let headSize: Int

    enum Decay {
        case constant(CPUVector)
        case perToken(CPUActivations, base: CPUVector)
    }

    init(backend: CPUBackend, _ x: WKV6) {
        self.backend = backend
        (r, k, v, out, gate) = (x.r.onCPU, x.k.onCPU, x.v.onCPU, x.out.onCPU, x.gate?.onCPU)
        switch x.decay {
        case .constant(let vector): decay = .constant(vector.onCPU)
        case .perToken(let rows, let base): decay = .perToken(rows.onCPU, base: base.onCPU)
        }
        (bonus, norm, headSize) = (x.bonus.onCPU, CPUNorm(x.groupNorm), x.headSize)
    }

    static let arrayCount = TileArray.decay + 1

    func run(_ range: Range<Int>, _ state: UnsafeMutablePointer<Float>, _ c: Int, _ tile: HeadTile) {
        let table = unsafe backend.table, size = headSize
        tile.fetch(r: self.r, k: self.k, v: self.v, range, c)
        let decay: UnsafePointer<Float>, decayStride: Int
        switch self.decay {
        case .constant(let vector): unsafe (decay, decayStride) = (vector.pointer + c, 0)
        case .perToken(let rows, let base):
            tile.fetch(rows, range, c, into: TileArray.decay)
            for token in 0..<range.count { unsafe table.decay6(tile.row(TileArray.decay, token), base.pointer + c, size) }
            unsafe (decay, decayStride) = (UnsafePointer(tile.row(TileArray.decay)), size)
        }
        unsafe table.wkv6(
            tile.row(TileArray.out), tile.row(TileArray.r), tile.row(TileArray.k), tile.row(TileArray.v), decay, decayStride,
            bonus.pointer + c, state, size, size, range.count)
        for (token, t) in range.enumerated() {
            let out = unsafe self.out.row(t) + c
            unsafe table.layer_norm(
                out, tile.row(TileArray.out, token), norm.gain.pointer + c, norm.bias.pointer + c, norm.epsilon, size)
            if let gate = self.gate { unsafe table.silu_gate(out, gate.row(t) + c, size) }
        }
    }
}

struct Heads7: HeadWork {
    let backend: CPUBackend
    let r: CPUActivations, k: CPUActivations, v: CPUActivations
    let decay: CPUActivations, learningRate: CPUActivations, gate: CPUActivations
    let decayBase: CPUVector, learningRateBase: CPUVector
    let removalKeyScale: CPUVector, keyLearningScale: CPUVector, bonus: CPUVector
    let firstValue: CPUActivations
    let valueMix: (mix: CPUActivations, base: CPUVector)?
    let norm: CPUNorm
    let out: CPUActivations
    let headSize: Int

    init(backend: CPUBackend, _ x: WKV7) {
        self.backend = backend
        let inputs = x.inputs, parameters = x.parameters
        (r, k, v) = (inputs.r.onCPU, inputs.k.onCPU, inputs.v.onCPU)
        (decay, learningRate, gate) = (inputs.decay.onCPU, inputs.learningRate.onCPU, inputs.gate.onCPU)
        (decayBase, learningRateBase) = (parameters.decayBase.onCPU, parameters.learningRateBase.onCPU)
        (removalKeyScale, keyLearningScale) = (parameters.removalKeyScale.onCPU, parameters.keyLearningScale.onCPU)
        (bonus, norm) = (parameters.bonus.onCPU, CPUNorm(x.groupNorm))
        (firstValue, valueMix) = (x.firstValue.onCPU, x.valueMix.map { ($0.mix.onCPU, $0.base.onCPU) })
        (out, headSize) = (x.out.onCPU, x.headSize)
    }

    static let arrayCount = TileArray.removal + 1

    func run(_ range: Range<Int>, _ state: UnsafeMutablePointer<Float>, _ c: Int, _ tile: HeadTile) {
        let table = unsafe backend.table, size = headSize
        tile.fetch(r: self.r, k: self.k, v: self.v, range, c)
        tile.fetch(self.decay, range, c, into: TileArray.decay)
        tile.fetch(learningRate, range, c, into: TileArray.learningRate)
        for (token, t) in range.enumerated() {
            unsafe table.decay7(tile.row(TileArray.decay, token), self.decayBase.pointer + c, size)
            unsafe table.keys7(
                tile.row(TileArray.k, token), tile.row(TileArray.removal, token), tile.row(TileArray.learningRate, token),
                learningRateBase.pointer + c, removalKeyScale.pointer + c, keyLearningScale.pointer + c, size)
            let value = unsafe tile.row(TileArray.v, token), first = unsafe self.firstValue.row(t) + c
            if let (mix, base) = self.valueMix {
                unsafe table.blend_first(value, first, mix.row(t) + c, base.pointer + c, size)
            } else {
                unsafe first.update(from: value, count: size)
            }
        }
        unsafe table.wkv7(
            tile.row(TileArray.out), tile.row(TileArray.r), tile.row(TileArray.decay), tile.row(TileArray.k), tile.row(TileArray.v),
            tile.row(TileArray.removal), tile.row(TileArray.learningRate), state, size, size, range.count)
        for (token, t) in range.enumerated() {
            let out = unsafe self.out.row(t) + c
            unsafe table.layer_norm(
                out, tile.row(TileArray.out, token), norm.gain.pointer + c, norm.bias.pointer + c, norm.epsilon, size)
            unsafe table.add_bonus(
                out, tile.row(TileArray.r, token), tile.row(TileArray.k, token), self.bonus.pointer + c, tile.row(TileArray.v, token), size)
            unsafe table.multiply(out, self.gate.row(t) + c, size)
        }
    }
}
