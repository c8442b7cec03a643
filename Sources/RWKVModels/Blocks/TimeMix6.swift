import HostCompute
import HostCore

/// Time mixing of RWKV-6: that of 5.2 with a decay and token shifts that depend on the data, through low-rank matrices.
///
/// For the stream x of each token, with ȳ the row y of the token before and S the state of a head, [N keys, N values]:
///
/// 1. y = LN(x), `ln1`
/// 2. m_x = y + (ȳ − y) ⊙ μ_x, `att.time_maa_x` [C]
/// 3. z = tanh(m_x · A), `att.time_maa_w1` stored [C, 5R], and for each of w, k, v, r, g its fifth of z:
///    m = y + (ȳ − y) ⊙ (μ + z · B), `att.time_maa_w` to `…_g` [C], `att.time_maa_w2` stored [5, R, C]
/// 4. k, v, r, g = W · m, `att.key`, `att.value`, `att.receptance` and `att.gate` [A, C]
/// 5. w = exp(−exp(d + tanh(m_w · D_1) · D_2)), `att.time_decay` [A], `att.time_decay_w1` and `…_w2` stored [C, R_2], [R_2, A]
/// 6. o = r · (diag(u) kᵀ v + S) for each head, then S = diag(w) S + kᵀ v, with the bonus u = `att.time_faaaa`
/// 7. x = x + W_o · (silu(g) ⊙ GN(o)), `att.ln_x` [A] over each head, `att.output` [C, A]
///
/// - Source: Peng et al. 2024, "Eagle and Finch" (arXiv 2404.05892), section 4; `rwkv` 0.8.32, `rwkv/model.py`.
struct TimeMix6: TimeMix {
    private let receptance: any Weight, key: any Weight, value: any Weight, gate: any Weight, output: any Weight
    /// The part of a token shift that is the same for all five: what the current token weighs.
    private let mix: any Vector
    /// For decay, key, value, receptance and gate: what the previous token weighs, and the factor that adds to it.
    private let shifts: [(weight: any Vector, factor: any Weight)]
    private let shiftFactor: any Weight
    private let decayDown: any Weight, decayUp: any Weight
    private let decayBase: any Vector
    private let bonus: any Vector
    private let groupNorm: LayerNorm
    private let headSize: Int

    struct Scratch: Sendable {
        /// [tokens, A] each.
        let gate: any Activations, result: any Activations, decay: any Activations
        /// [tokens, R_2].
        let decayInner: any Activations
        /// [tokens, 5R], and its fifths.
        let shiftInner: any Activations, shiftParts: [any Activations]
    }

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

    static let shiftCount = shifted.count

    static func makeScratch(shape: ModelShape, from maker: ActivationMaker) throws(DeviceError) -> Scratch {
        let attention = shape.attentionSize, rank = shape.rank("att.time_maa_w2")
        let gate = try maker.make(attention), result = try maker.make(attention), decay = try maker.make(attention)
        let decayInner = try maker.make(shape.rank("att.time_decay_w2"))
        let shiftInner = try maker.make(shifted.count * rank)
        var parts: [any Activations] = []
        for _ in shifted { parts.append(try maker.make(rank)) }
        return Scratch(
            gate: gate, result: result, decay: decay, decayInner: decayInner, shiftInner: shiftInner, shiftParts: parts)
    }

    init(block: Int, of shape: ModelShape, from loader: WeightLoader, plan: LayerPlan) throws(LoadError) {
        func name(_ part: String) -> String { TensorName.block(block, "att.\(part)") }
        mix = try loader.vector(name("time_maa_x")) { 1 - $0 }
        shiftFactor = try loader.lowRank(name("time_maa_w1"), plan: plan)
        var shifts: [(any Vector, any Weight)] = []
        for (part, factor) in zip(Self.shifted, try loader.lowRanks(name("time_maa_w2"), plan: plan)) {
            shifts.append((try loader.vector(name("time_maa_\(part)")), factor))
        }
        self.shifts = shifts
        decayBase = try loader.vector(name("time_decay"))
        decayDown = try loader.lowRank(name("time_decay_w1"), plan: plan)
        decayUp = try loader.lowRank(name("time_decay_w2"), plan: plan)
        bonus = try loader.vector(name("time_faaaa"))
        receptance = try loader.matrix(name("receptance.weight"), plan: plan)
        key = try loader.matrix(name("key.weight"), plan: plan)
        value = try loader.matrix(name("value.weight"), plan: plan)
        gate = try loader.matrix(name("gate.weight"), plan: plan)
        output = try loader.matrix(name("output.weight"), plan: plan)
        groupNorm = try loader.norm(name("ln_x"), epsilon: loader.epsilons.group)
        headSize = shape.headSize
    }

    func steps(_ x: Workspace, _ scratch: Scratch, norm: LayerNorm, offsets: LayerOffsets) -> [Step] {
        let mixed = x.mixed
        return shiftSteps(x, scratch, norm: norm, offset: offsets.timeShift) + [
            .multiply([
                Product(mixed[1], key, into: x.key), Product(mixed[2], value, into: x.value),
                Product(mixed[3], receptance, into: x.receptance), Product(mixed[4], gate, into: scratch.gate),
                Product(mixed[0], decayDown, into: scratch.decayInner, then: .apply(.tanh)),
            ]),
            .multiply([Product(scratch.decayInner, decayUp, into: scratch.decay)]),
            .wkv6(
                WKV6(
                    r: x.receptance, k: x.key, v: x.value, decay: .perToken(scratch.decay, base: decayBase), bonus: bonus,
                    groupNorm: groupNorm, gate: scratch.gate, out: scratch.result, headSize: headSize,
                    offset: offsets.timeMix)),
            .multiply([Product(scratch.result, output, into: x.delta, then: .add(to: x.stream))]),
        ]
    }

    /// Fills the workspace's `mixed` with the five shifted inputs: 1 to 3 of the formulas.
    private func shiftSteps(_ x: Workspace, _ scratch: Scratch, norm: LayerNorm, offset: Int) -> [Step] {
        let mixed = x.mixed
        let factors = shifts.indices.map { Product(scratch.shiftParts[$0], shifts[$0].factor, into: mixed[$0]) }
        return [
            .mix(
                Mix(
                    x.stream, norm: norm, into: x.normalized, offset: offset, mixes: [(mix, mixed[0])], storesShift: false)),
            .multiply([Product(mixed[0], shiftFactor, into: scratch.shiftInner, then: .apply(.tanh))]),
            .split(scratch.shiftInner, into: scratch.shiftParts),
            .multiply(factors),
            .mixByData(
                MixByData(
                    x.normalized, offset: offset, mixes: zip(shifts, mixed).map { ($0.weight, $1) })),
        ]
    }
}
