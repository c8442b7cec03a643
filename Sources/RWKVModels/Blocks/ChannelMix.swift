import HostCompute
import HostCore

/// Channel mixing of every generation: a two-layer network with squared ReLU after a token shift.
///
/// For the stream x of each token, with x̄ the row of the token before:
///
/// 1. y = LN(x), `ln2`
/// 2. m_k = y ⊙ μ_k + ȳ ⊙ (1 − μ_k), `ffn.time_mix_k` [C]; m_r alike
/// 3. k = max(W_k · m_k, 0)², `ffn.key` [F, C]; r = W_r · m_r, `ffn.receptance` [C, C]
/// 4. with DeepEmbed: k = k ⊙ factors of the token
/// 5. x = x + σ(r) ⊙ (W_v · k), `ffn.value` [C, F]
///
/// RWKV-7 has no r, and adds W_v · k alone; RWKV-8 rc00 adds E[token] ⊙ (W_v · k), `ffn.enn` [V, C]. Files of RWKV-6 and 7 have 1 − μ, as `ffn.time_maa_k` and `ffn.x_k`.
struct ChannelMix: Sendable {
    /// How generations differ.
    enum Form: Sendable, Hashable {
        /// RWKV-4 to 6: a sigmoid gate at the end; mixes named `time_mix_k` or, for the previous token, `time_maa_k`.
        case gated(mixes: String)
        /// RWKV-7: no gate.
        case plain
        /// RWKV-7 with DeepEmbed: the inner channels are scaled by the token and its context.
        case deepEmbed
        /// RWKV-8 rc00: what is added to the stream is scaled by the token.
        case tokenScaled

        fileprivate var mixPrefix: String {
            if case .gated(let mixes) = self { "ffn.\(mixes)" } else { "ffn.x" }
        }

        var isGated: Bool { if case .gated = self { true } else { false } }
    }

    private let key: any Weight, value: any Weight
    /// What the current token weighs.
    private let keyMix: any Vector
    private let receptance: (weight: any Weight, mix: any Vector)?
    private let deepEmbed: DeepEmbed?
    /// Factors for each token [V, C], and zeros [C].
    private let tokenScale: (table: any Weight, zero: any Vector)?

    /// The matrix that meets what squared ReLU leaves, which is mostly zero.
    static let value = "ffn.value.weight"

    /// Rows of C numbers that the token shift makes of each token, at most.
    static let shiftCount = 2

    static func tensors(shape: ModelShape) -> [ExpectedTensor] {
        let width = shape.hiddenSize, inner = shape.feedForwardSize, form = shape.generation.parts.channelMix
        var tensors: [ExpectedTensor] = []
        tensors.add(["\(form.mixPrefix)_k"] + (form.isGated ? ["\(form.mixPrefix)_r"] : []), .vector(width))
        tensors.add(["ffn.key.weight"], .matrix(inner, width))
        if form.isGated { tensors.add(["ffn.receptance.weight"], .matrix(width, width)) }
        tensors.add([value], .matrix(width, inner))
        if form == .tokenScaled { tensors.add(["ffn.enn.weight"], .table(shape.vocabularySize, width)) }
        return tensors + (form == .deepEmbed ? DeepEmbed.tensors(shape: shape) : [])
    }

    init(block: Int, of shape: ModelShape, from loader: WeightLoader, plan: LayerPlan) throws(LoadError) {
        func name(_ part: String) -> String { TensorName.block(block, part) }
        let form = shape.generation.parts.channelMix
        func mix(_ part: String) throws(LoadError) -> any Vector {
            // Files of RWKV-6 and 7 say what the previous token weighs.
            form == .gated(mixes: "time_mix")
                ? try loader.vector(name("\(form.mixPrefix)_\(part)"))
                : try loader.vector(name("\(form.mixPrefix)_\(part)")) { 1 - $0 }
        }
        keyMix = try mix("k")
        key = try loader.matrix(name("ffn.key.weight"), plan: plan)
        receptance =
            form.isGated ? (try loader.matrix(name("ffn.receptance.weight"), plan: plan), try mix("r")) : nil
        value = try loader.matrix(name(Self.value), plan: plan, isSparse: true)
        tokenScale =
            form == .tokenScaled
            ? (try loader.table(name("ffn.enn.weight")), try loader.zeros(shape.hiddenSize)) : nil
        deepEmbed = form == .deepEmbed ? try DeepEmbed(block: block, of: shape, from: loader, plan: plan) : nil
    }

    /// Adds the mixed inputs to the stream and advances the states.
    func steps(_ x: Workspace, norm: LayerNorm, offsets: LayerOffsets) -> [Step] {
        let keyInput = x.mixed[0], receptanceInput = x.mixed[1]
        let mixes = [(keyMix, keyInput)] + (receptance.map { [($0.mix, receptanceInput)] } ?? [])
        let key = Product(keyInput, key, into: x.inner, then: .apply(.squareReLU))
        let gate = receptance.map { Product(receptanceInput, $0.weight, into: x.gate) }
        return [
            .mix(Mix(x.stream, norm: norm, into: x.normalized, offset: offsets.channelShift, mixes: mixes)),
            .multiply([key] + (gate.map { [$0] } ?? [])),
        ] + (deepEmbed?.steps(x, scaling: x.inner) ?? []) + outputSteps(x, isGated: gate != nil)
    }

    private func outputSteps(_ x: Workspace, isGated: Bool) -> [Step] {
        guard let (table, zero) = tokenScale else {
            let end: Product.Epilogue = isGated ? .gatedAdd(gate: x.gate, to: x.stream) : .add(to: x.stream)
            return [.multiply([Product(x.inner, value, into: x.delta, then: end)])]
        }
        return [
            .multiply([Product(x.inner, value, into: x.delta)]), .lookUp(table: table, into: x.gate),
            .scale(x.delta, by: x.gate, plus: zero), .add(x.delta, to: x.stream),
        ]
    }
}
