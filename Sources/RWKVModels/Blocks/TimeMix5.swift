import Foundation
import HostCompute
import HostCore

/// Time mixing of RWKV-5 (5.0, 5.1 and 5.2): for each head a matrix of key-value products that fades at a learned rate.
///
/// For the stream x of each token, with ȳ the row y of the token before and S the state of a head, [N keys, N values]:
///
/// 1. y = LN(x), `ln1`
/// 2. m_k = y ⊙ μ_k + ȳ ⊙ (1 − μ_k), `att.time_mix_k` [C]; m_v, m_r and m_g alike
/// 3. k, v, r, g = W · m, `att.key`, `att.value`, `att.receptance` and `att.gate` [A, C]
/// 4. o = r · (diag(u) kᵀ v + S) for each head, then S = diag(w) S + kᵀ v, with w = exp(−exp(`att.time_decay`)) and the
///    bonus u = `att.time_faaaa`
/// 5. x = x + W_o · (silu(g) ⊙ GN(o)), `att.ln_x` [A] over each head, `att.output` [C, A]
///
/// 5.0 and 5.1 have one decay and one bonus for each head, 5.2 for each channel; 5.0 has no gate g.
///
/// - Source: Peng et al. 2024, "Eagle and Finch" (arXiv 2404.05892), section 4; `rwkv` 0.8.32, `rwkv/model.py`.
struct TimeMix5: TimeMix {
    private let receptance: any Weight, key: any Weight, value: any Weight, output: any Weight
    private let receptanceMix: any Vector, keyMix: any Vector, valueMix: any Vector
    private let gate: (weight: any Weight, mix: any Vector)?
    /// The factor by which a row of the state fades with each token.
    private let decay: any Vector
    private let bonus: any Vector
    private let groupNorm: LayerNorm
    private let headSize: Int

    struct Scratch: Sendable {
        /// [tokens, A] each: the gate, and the recurrence's result.
        let gate: any Activations, result: any Activations
    }

    static func tensors(shape: ModelShape, block: Int) -> [ExpectedTensor] {
        let width = shape.hiddenSize, attention = shape.attentionSize
        let hasGate = shape.generation != .v5_0
        let perHead: ExpectedTensor.Kind =
            shape.generation == .v5_2 ? .perHead(shape.headCount, shape.headSize) : .vector(shape.headCount)
        var tensors: [ExpectedTensor] = []
        tensors.add(["att.time_decay", bonusName(shape)], perHead)
        tensors.add(["k", "v", "r"].map { "att.time_mix_\($0)" }, .vector(width))
        if hasGate { tensors.add(["att.time_mix_g"], .vector(width)) }
        tensors.add(["key", "value", "receptance"].map { "att.\($0).weight" }, .matrix(attention, width))
        if hasGate { tensors.add(["att.gate.weight"], .matrix(attention, width)) }
        tensors.add(["att.output.weight"], .matrix(width, attention))
        tensors.addNorm("att.ln_x", attention)
        return tensors
    }

    /// Older files hold the logarithm of the bonus under another name.
    private static func bonusName(_ shape: ModelShape) -> String {
        shape.blockShapes["att.time_first"] == nil ? "att.time_faaaa" : "att.time_first"
    }

    static let shiftCount = 4

    static func makeScratch(shape: ModelShape, from maker: ActivationMaker) throws(DeviceError) -> Scratch {
        Scratch(gate: try maker.make(shape.attentionSize), result: try maker.make(shape.attentionSize))
    }

    init(block: Int, of shape: ModelShape, from loader: WeightLoader, plan: LayerPlan) throws(LoadError) {
        func name(_ part: String) -> String { TensorName.block(block, "att.\(part)") }
        let attention = shape.attentionSize
        decay = try loader.channels(name("time_decay"), attention) { exp(-exp($0)) }
        let bonusName = Self.bonusName(shape)
        bonus = try loader.channels(
            TensorName.block(block, bonusName), attention, bonusName == "att.time_first" ? { exp($0) } : nil)
        keyMix = try loader.vector(name("time_mix_k"))
        valueMix = try loader.vector(name("time_mix_v"))
        receptanceMix = try loader.vector(name("time_mix_r"))
        key = try loader.matrix(name("key.weight"), plan: plan)
        value = try loader.matrix(name("value.weight"), plan: plan)
        receptance = try loader.matrix(name("receptance.weight"), plan: plan)
        gate =
            shape.generation == .v5_0
            ? nil
            : (try loader.matrix(name("gate.weight"), plan: plan), try loader.vector(name("time_mix_g")))
        output = try loader.matrix(name("output.weight"), plan: plan)
        groupNorm = try loader.norm(name("ln_x"), epsilon: loader.epsilons.group)
        headSize = shape.headSize
    }

    func steps(_ x: Workspace, _ scratch: Scratch, norm: LayerNorm, offsets: LayerOffsets) -> [Step] {
        let mixed = x.mixed
        var mixes = [(keyMix, mixed[0]), (valueMix, mixed[1]), (receptanceMix, mixed[2])]
        if let gate { mixes.append((gate.mix, mixed[3])) }
        return [
            .mix(Mix(x.stream, norm: norm, into: x.normalized, offset: offsets.timeShift, mixes: mixes)),
            .multiply(
                [
                    Product(mixed[0], key, into: x.key), Product(mixed[1], value, into: x.value),
                    Product(mixed[2], receptance, into: x.receptance),
                ] + (gate.map { [Product(mixed[3], $0.weight, into: scratch.gate)] } ?? [])),
            .wkv6(
                WKV6(
                    r: x.receptance, k: x.key, v: x.value, decay: .constant(decay), bonus: bonus, groupNorm: groupNorm,
                    gate: gate == nil ? nil : scratch.gate, out: scratch.result, headSize: headSize,
                    offset: offsets.timeMix)),
            .multiply([Product(scratch.result, output, into: x.delta, then: .add(to: x.stream))]),
        ]
    }
}
