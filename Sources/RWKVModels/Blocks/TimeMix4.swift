import Foundation
import HostCompute
import HostCore

/// Time mixing of RWKV-4: a weighted mean of past values whose weights decay exponentially, per channel.
///
/// For the stream x of each token, with ȳ the row y of the token before:
///
/// 1. y = LN(x), `ln1`
/// 2. m_k = y ⊙ μ_k + ȳ ⊙ (1 − μ_k), `att.time_mix_k` [C]; m_v and m_r alike
/// 3. k, v, r = W · m, `att.key`, `att.value` and `att.receptance` [A, C]
/// 4. wkv = (Σ_i exp(k_i − (t−1−i)·w) v_i + exp(u + k) v) / (Σ_i exp(k_i − (t−1−i)·w) + exp(u + k)) over the tokens i
///    before, with w = exp(`att.time_decay`) and the bonus u = `att.time_first`, both [A]
/// 5. x = x + W_o · (σ(r) ⊙ wkv), `att.output` [C, A]
///
/// - Source: Peng et al. 2023, "RWKV: Reinventing RNNs for the Transformer Era" (arXiv 2305.13048), section 3 and
///   appendix D for the numerically safe form.
struct TimeMix4: TimeMix {
    private let receptance: any Weight, key: any Weight, value: any Weight, output: any Weight
    private let receptanceMix: any Vector, keyMix: any Vector, valueMix: any Vector
    /// -exp of the stored parameter: what the logarithm of a weight loses per token.
    private let decay: any Vector
    private let bonus: any Vector

    /// Numerator, denominator and greatest exponent of each channel; the last is as good as minus infinity at first.
    static func initialState(shape: ModelShape) -> [Float] {
        let zeros = [Float](repeating: 0, count: 2 * shape.attentionSize)
        return zeros + [Float](repeating: -1e30, count: shape.attentionSize)
    }

    static func tensors(shape: ModelShape, block: Int) -> [ExpectedTensor] {
        let width = shape.hiddenSize, attention = shape.attentionSize
        var tensors: [ExpectedTensor] = []
        tensors.add(["att.time_decay", "att.time_first"], .vector(attention))
        tensors.add(["k", "v", "r"].map { "att.time_mix_\($0)" }, .vector(width))
        tensors.add(["key", "value", "receptance"].map { "att.\($0).weight" }, .matrix(attention, width))
        tensors.add(["att.output.weight"], .matrix(width, attention))
        return tensors
    }

    static let shiftCount = 3

    static func makeScratch(shape: ModelShape, from maker: ActivationMaker) {}

    init(block: Int, of shape: ModelShape, from loader: WeightLoader, plan: LayerPlan) throws(LoadError) {
        func name(_ part: String) -> String { TensorName.block(block, "att.\(part)") }
        decay = try loader.vector(name("time_decay")) { -exp($0) }
        bonus = try loader.vector(name("time_first"))
        keyMix = try loader.vector(name("time_mix_k"))
        valueMix = try loader.vector(name("time_mix_v"))
        receptanceMix = try loader.vector(name("time_mix_r"))
        key = try loader.matrix(name("key.weight"), plan: plan)
        value = try loader.matrix(name("value.weight"), plan: plan)
        receptance = try loader.matrix(name("receptance.weight"), plan: plan)
        output = try loader.matrix(name("output.weight"), plan: plan)
    }

    func steps(_ x: Workspace, _ scratch: Void, norm: LayerNorm, offsets: LayerOffsets) -> [Step] {
        let mixed = x.mixed
        return [
            .mix(
                Mix(
                    x.stream, norm: norm, into: x.normalized, offset: offsets.timeShift,
                    mixes: [(keyMix, mixed[0]), (valueMix, mixed[1]), (receptanceMix, mixed[2])])),
            .multiply([
                Product(mixed[0], key, into: x.key), Product(mixed[1], value, into: x.value),
                Product(mixed[2], receptance, into: x.receptance),
            ]),
            .wkv4(
                WKV4(
                    r: x.receptance, k: x.key, v: x.value, decay: decay, bonus: bonus, out: x.receptance,
                    offset: offsets.timeMix)),
            .multiply([Product(x.receptance, output, into: x.delta, then: .add(to: x.stream))]),
        ]
    }
}
