import HostCompute
import HostCore

/// Time mixing of RWKV-6: that of 5.2 with a decay and token shifts that depend on the data, through low-rank matrices.
///
/// - Shapes: receptance, key, value and gate [A, C], output [C, A]; shift factors [5R, C] and five of [C, R]; decay
///   factors [R2, C] and [A, R2]; decay base, first and the group norm [A]; mixes [C].
/// - Source: Peng et al. 2024, "Eagle and Finch" (arXiv 2404.05892), section 4; `rwkv` 0.8.32, `rwkv/model.py`.
struct TimeMix6: TimeMix {
    let receptance: Matrix, key: Matrix, value: Matrix, gate: Matrix, output: Matrix
    /// The part of a token shift that is the same for all five: what the current token weighs.
    let mix: Vector
    /// For decay, key, value, receptance and gate: what the previous token weighs, and the factor that adds to it.
    let shifts: [(weight: Vector, factor: Matrix)]
    let shiftFactor: Matrix
    let decayFactors: (Matrix, Matrix)
    let decayBase: Vector
    let first: Vector
    let groupNorm: LayerNorm
    let headSize: Int

    private static let shifted = ["w", "k", "v", "r", "g"]

    static func tensors(shape: ModelShape, block: Int) -> [ExpectedTensor] {
        let width = shape.hiddenSize, attention = shape.attentionSize
        let rank = shape.rank("att.time_maa_w2"), decayRank = shape.rank("att.time_decay_w2")
        var tensors: [ExpectedTensor] = []
        tensors.add((["x"] + shifted).map { "att.time_maa_\($0)" }, .vector(width))
        tensors.add(["att.time_maa_w1"], .lowRank(width, shifted.count * rank))
        tensors.add(["att.time_maa_w2"], .lowRanks(shifted.count, rank, width))
        tensors.add(["att.time_decay"], .vector(attention))
        tensors.add(["att.time_decay_w1"], .lowRank(width, decayRank))
        tensors.add(["att.time_decay_w2"], .lowRank(decayRank, attention))
        tensors.add(["att.time_faaaa"], .perHead(shape.headCount, shape.headSize))
        tensors.add(["receptance", "key", "value", "gate"].map { "att.\($0).weight" }, .matrix(attention, width))
        tensors.add(["att.output.weight"], .matrix(width, attention))
        tensors.addNorm("att.ln_x", attention)
        return tensors
    }

    static func shiftCount(shape: ModelShape) -> Int { shifted.count }

    private enum Scratch: Int {
        case gate, result, decay, decayInner, shiftInner
        case shiftParts
    }

    static func scratchWidths(shape: ModelShape) -> [Int] {
        let attention = shape.attentionSize, rank = shape.rank("att.time_maa_w2")
        return [attention, attention, attention, shape.rank("att.time_decay_w2"), shifted.count * rank]
            + shifted.map { _ in rank }
    }

    init(block: Int, of shape: ModelShape, from loader: WeightLoader, plan: LayerPlan) throws(LoadError) {
        func name(_ part: String) -> String { TensorName.block(block, "att.\(part)") }
        mix = try loader.vector(name("time_maa_x")) { 1 - $0 }
        shiftFactor = try loader.lowRank(name("time_maa_w1"), plan: plan)
        var shifts: [(Vector, Matrix)] = []
        for (part, factor) in zip(Self.shifted, try loader.lowRanks(name("time_maa_w2"), plan: plan)) {
            shifts.append((try loader.vector(name("time_maa_\(part)")), factor))
        }
        self.shifts = shifts
        decayBase = try loader.vector(name("time_decay"))
        decayFactors = (
            try loader.lowRank(name("time_decay_w1"), plan: plan), try loader.lowRank(name("time_decay_w2"), plan: plan)
        )
        first = try loader.vector(name("time_faaaa"))
        receptance = try loader.matrix(name("receptance.weight"), plan: plan)
        key = try loader.matrix(name("key.weight"), plan: plan)
        value = try loader.matrix(name("value.weight"), plan: plan)
        gate = try loader.matrix(name("gate.weight"), plan: plan)
        output = try loader.matrix(name("output.weight"), plan: plan)
        groupNorm = try loader.norm(name("ln_x"), epsilon: ModelShape.groupNormEpsilon)
        headSize = shape.headSize
    }

    func run(
        _ input: Activations, in batch: RowBatch, slots: LayerSlots, _ workspace: Workspace, on backend: any Backend
    ) {
        func scratch(_ part: Scratch) -> Activations { workspace.scratch[part.rawValue] }
        shift(input, in: batch, slots: slots, workspace, on: backend)
        let mixed = workspace.mixed
        backend.multiply(
            Product(x: mixed[1], matrix: key, y: workspace.key),
            Product(x: mixed[2], matrix: value, y: workspace.value),
            Product(x: mixed[3], matrix: receptance, y: workspace.receptance))
        backend.multiply(
            Product(x: mixed[4], matrix: gate, y: scratch(.gate)),
            Product(x: mixed[0], matrix: decayFactors.0, y: scratch(.decayInner)), nil)
        backend.apply(.tanh, to: scratch(.decayInner))
        backend.multiply(scratch(.decayInner), by: decayFactors.1, into: scratch(.decay))
        backend.remember(input, in: batch, slot: slots.timeShift)
        backend.recur6(
            Recurrence6(
                r: workspace.receptance, k: workspace.key, v: workspace.value,
                decay: .perToken(scratch(.decay), base: decayBase), first: first, groupNorm: groupNorm,
                gate: scratch(.gate), out: scratch(.result), headSize: headSize),
            in: batch, slot: slots.timeMix)
        backend.multiply(scratch(.result), by: output, into: workspace.update)
    }

    /// Fills `workspace.mixed` with the five shifted inputs.
    private func shift(
        _ input: Activations, in batch: RowBatch, slots: LayerSlots, _ workspace: Workspace, on backend: any Backend
    ) {
        let mixed = workspace.mixed, inner = workspace.scratch[Scratch.shiftInner.rawValue]
        let parts = workspace.scratch[Scratch.shiftParts.rawValue...]
        backend.shift(input, in: batch, slot: slots.timeShift, weight: mix, into: mixed[0])
        backend.multiply(mixed[0], by: shiftFactor, into: inner)
        backend.apply(.tanh, to: inner)
        backend.split(inner, into: parts)
        func product(_ index: Int) -> Product {
            Product(x: parts[parts.startIndex + index], matrix: shifts[index].factor, y: mixed[index])
        }
        backend.multiply(product(0), product(1), product(2))
        backend.multiply(product(3), product(4), nil)
        for (index, shift) in shifts.enumerated() {
            backend.shift(input, in: batch, slot: slots.timeShift, weight: shift.weight, offset: mixed[index])
        }
    }
}
