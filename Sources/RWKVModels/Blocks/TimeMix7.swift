import HostCompute
import HostCore

/// Time mixing of RWKV-7: for each head a matrix that learns from each token. What it holds under a key is partly removed
/// before a new value is added.
///
/// For the stream x of each token, with ȳ the row y of the token before and S the state of a head, [N keys, N values]:
///
/// 1. y = LN(x), `ln1`
/// 2. m = y + (ȳ − y) ⊙ μ for each of r, k, v, w, a, g, `att.x_r` to `att.x_g` [C]
/// 3. r, k, v = W · m, `att.receptance`, `att.key` and `att.value` [A, C]
/// 4. decay w = exp(−exp(−½) · σ(w_0 + tanh(m_w · w_1) · w_2)), learning rate a = σ(a_0 + (m_a · a_1) · a_2), gate
///    g = σ(m_g · g_1) · g_2; `att.w1` and its like stored [C, R], `att.w2` [R, A], `att.w0` [A]
/// 5. in the first layer v_1 = v; in others v = v + (v_1 − v) ⊙ σ(v_0 + (m_v · v_1) · v_2), `att.v0` to `att.v2`
/// 6. κ = normalise(k ⊙ k_k) over each head, then k = k ⊙ (1 + (a − 1) ⊙ k_a), `att.k_k` and `att.k_a` [A]
/// 7. S = diag(w) S − (κ ⊙ a)ᵀ (κ · S) + kᵀ v: what S holds under κ goes at the rate a, and v comes under k; o = r · S
/// 8. o = GN(o) + (Σ_n r ⊙ k ⊙ r_k) v for each head, `att.ln_x` [A], `att.r_k` [heads, N]
/// 9. x = x + W_o · (g ⊙ o), `att.output` [C, A]
///
/// - Source: Peng et al. 2025, "RWKV-7 Goose" (arXiv 2503.14456), section 4; `rwkv` 0.8.32, `rwkv/model.py`.
struct TimeMix7: TimeMix {
    /// f(x · down) · up.
    struct LowRank: Sendable {
        let down: any Weight, up: any Weight
    }

    private let receptance: any Weight, key: any Weight, value: any Weight, output: any Weight
    /// What the current token weighs, in the order of `shifted`.
    private let mixes: [any Vector]
    private let decay: LowRank, learningRate: LowRank, gate: LowRank
    /// How much of the first layer's value takes the place of the own one; the first layer has none.
    private let valueMix: (factors: LowRank, base: any Vector)?
    private let parameters: WKV7.Parameters
    private let groupNorm: LayerNorm
    private let headSize: Int

    struct Scratch: Sendable {
        /// [tokens, A] each.
        let decay: any Activations, learningRate: any Activations, gate: any Activations
        let valueMix: any Activations, result: any Activations
        /// [tokens, R] each: inside the low-rank matrices.
        let decayInner: any Activations, learningRateInner: any Activations
        let gateInner: any Activations, valueInner: any Activations
    }

    private static let shifted = ["r", "k", "v", "w", "a", "g"]

    static func tensors(shape: ModelShape, block: Int) -> [ExpectedTensor] {
        let width = shape.hiddenSize, attention = shape.attentionSize
        var tensors: [ExpectedTensor] = []
        tensors.add(shifted.map { "att.x_\($0)" }, .vector(width))
        for part in ["w", "a", "g", "v"] {
            let rank = shape.rank("att.\(part)2")
            // The first layer has nothing to blend; older files have these tensors all the same.
            let isOptional = part == "v" && block == 0
            if part != "g" { tensors.add(["att.\(part)0"], .vector(attention), isOptional: isOptional) }
            tensors.add(["att.\(part)1"], .lowRank(width, rank), isOptional: isOptional)
            tensors.add(["att.\(part)2"], .lowRank(rank, attention), isOptional: isOptional)
        }
        tensors.add(["att.k_k", "att.k_a"], .vector(attention))
        tensors.add(["att.r_k"], .perHead(shape.headCount, shape.headSize))
        tensors.add(["receptance", "key", "value"].map { "att.\($0).weight" }, .matrix(attention, width))
        tensors.add(["att.output.weight"], .matrix(width, attention))
        tensors.addNorm("att.ln_x", attention)
        return tensors
    }

    static let shiftCount = shifted.count

    static let looksBack = true

    static func makeScratch(shape: ModelShape, from maker: ActivationMaker) throws(DeviceError) -> Scratch {
        let attention = shape.attentionSize
        return Scratch(
            decay: try maker.make(attention), learningRate: try maker.make(attention), gate: try maker.make(attention),
            valueMix: try maker.make(attention), result: try maker.make(attention),
            decayInner: try maker.make(shape.rank("att.w2")), learningRateInner: try maker.make(shape.rank("att.a2")),
            gateInner: try maker.make(shape.rank("att.g2")), valueInner: try maker.make(shape.rank("att.v2")))
    }

    init(block: Int, of shape: ModelShape, from loader: WeightLoader, plan: LayerPlan) throws(LoadError) {
        func name(_ part: String) -> String { TensorName.block(block, "att.\(part)") }
        func lowRank(_ part: String) throws(LoadError) -> LowRank {
            LowRank(
                down: try loader.lowRank(name("\(part)1"), plan: plan),
                up: try loader.lowRank(name("\(part)2"), plan: plan))
        }
        var mixes: [any Vector] = []
        for part in Self.shifted { mixes.append(try loader.vector(name("x_\(part)")) { 1 - $0 }) }
        self.mixes = mixes
        decay = try lowRank("w")
        let decayBase = try loader.vector(name("w0"))
        learningRate = try lowRank("a")
        let learningRateBase = try loader.vector(name("a0"))
        gate = try lowRank("g")
        valueMix = block == 0 ? nil : (try lowRank("v"), try loader.vector(name("v0")))
        parameters = WKV7.Parameters(
            decayBase: decayBase, learningRateBase: learningRateBase, removalKeyScale: try loader.vector(name("k_k")),
            keyLearningScale: try loader.vector(name("k_a")), bonus: try loader.vector(name("r_k")))
        receptance = try loader.matrix(name("receptance.weight"), plan: plan)
        key = try loader.matrix(name("key.weight"), plan: plan)
        value = try loader.matrix(name("value.weight"), plan: plan)
        output = try loader.matrix(name("output.weight"), plan: plan)
        groupNorm = try loader.norm(name("ln_x"), epsilon: loader.epsilons.group)
        headSize = shape.headSize
    }

    func steps(_ x: Workspace, _ scratch: Scratch, norm: LayerNorm, offsets: LayerOffsets) -> [Step] {
        guard let firstValue = x.carried.firstValue else { return [] }
        let (r, k, v, w, a, g) = (x.mixed[0], x.mixed[1], x.mixed[2], x.mixed[3], x.mixed[4], x.mixed[5])
        return [
            .mix(
                Mix(
                    x.stream, norm: norm, into: x.normalized, offset: offsets.timeShift,
                    mixes: zip(mixes, [r, k, v, w, a, g]).map { ($0, $1) })),
            .multiply(
                [
                    Product(r, receptance, into: x.receptance), Product(k, key, into: x.key), Product(v, value, into: x.value),
                    Product(w, decay.down, into: scratch.decayInner, then: .apply(.tanh)),
                    Product(a, learningRate.down, into: scratch.learningRateInner),
                    Product(g, gate.down, into: scratch.gateInner, then: .apply(.sigmoid)),
                ] + (valueMix.map { [Product(v, $0.factors.down, into: scratch.valueInner)] } ?? [])),
            .multiply(
                [
                    Product(scratch.decayInner, decay.up, into: scratch.decay),
                    Product(scratch.learningRateInner, learningRate.up, into: scratch.learningRate),
                    Product(scratch.gateInner, gate.up, into: scratch.gate),
                ] + (valueMix.map { [Product(scratch.valueInner, $0.factors.up, into: scratch.valueMix)] } ?? [])),
            .wkv7(
                WKV7(
                    WKV7.Inputs(
                        r: x.receptance, k: x.key, v: x.value, decay: scratch.decay, learningRate: scratch.learningRate,
                        gate: scratch.gate),
                    parameters, firstValue: firstValue, valueMix: valueMix.map { (scratch.valueMix, $0.base) },
                    groupNorm: groupNorm, out: scratch.result, headSize: headSize, offset: offsets.timeMix)),
            .multiply([Product(scratch.result, output, into: x.delta, then: .add(to: x.stream))]),
        ]
    }
}
