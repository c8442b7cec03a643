import HostCompute
import HostCore

/// Channel mixing of every generation: a two-layer network with squared ReLU after a token shift.
///
/// - Shapes: key [F, C], value [C, F], receptance [C, C]; mixes [C].
struct ChannelMix: Sendable {
    /// How generations differ.
    enum Form: Sendable, Hashable {
        /// RWKV-4 to 6: a sigmoid gate at the end; mixes named `time_mix_k` or, for the previous token, `time_maa_k`.
        case gated(mixes: String)
        /// RWKV-7: no gate.
        case plain
        /// RWKV-7 with DeepEmbed: the inner channels are scaled by the token and its context.
        case deepEmbed

        fileprivate var mixPrefix: String {
            if case .gated(let mixes) = self { "ffn.\(mixes)" } else { "ffn.x" }
        }

        var isGated: Bool { if case .gated = self { true } else { false } }
    }

    let key: Matrix, value: Matrix
    /// What the current token weighs.
    let mixKey: Vector
    let receptance: (matrix: Matrix, mix: Vector)?
    let deepEmbed: DeepEmbed?

    static func tensors(shape: ModelShape) -> [ExpectedTensor] {
        let width = shape.hiddenSize, inner = shape.feedForwardSize, form = shape.generation.parts.channelMix
        var tensors: [ExpectedTensor] = []
        tensors.add(["\(form.mixPrefix)_k"] + (form.isGated ? ["\(form.mixPrefix)_r"] : []), .vector(width))
        tensors.add(["ffn.key.weight"], .matrix(inner, width))
        if form.isGated { tensors.add(["ffn.receptance.weight"], .matrix(width, width)) }
        tensors.add(["ffn.value.weight"], .matrix(width, inner))
        return tensors + (form == .deepEmbed ? DeepEmbed.tensors(shape: shape) : [])
    }

    init(block: Int, of shape: ModelShape, from loader: WeightLoader, plan: LayerPlan) throws(LoadError) {
        func name(_ part: String) -> String { TensorName.block(block, part) }
        let form = shape.generation.parts.channelMix
        func mix(_ part: String) throws(LoadError) -> Vector {
            // Files of RWKV-6 and 7 say what the previous token weighs.
            form == .gated(mixes: "time_mix")
                ? try loader.vector(name("\(form.mixPrefix)_\(part)"))
                : try loader.vector(name("\(form.mixPrefix)_\(part)")) { 1 - $0 }
        }
        mixKey = try mix("k")
        key = try loader.matrix(name("ffn.key.weight"), plan: plan)
        receptance =
            form.isGated ? (try loader.matrix(name("ffn.receptance.weight"), plan: plan), try mix("r")) : nil
        value = try loader.matrix(name("ffn.value.weight"), plan: plan)
        deepEmbed = form == .deepEmbed ? try DeepEmbed(block: block, of: shape, from: loader, plan: plan) : nil
    }

    /// Mixes the normalised inputs of all tokens into `workspace.update` and advances the states.
    func run(
        _ input: Activations, in batch: RowBatch, slots: LayerSlots, _ workspace: Workspace, on backend: any Backend
    ) {
        let mixed = workspace.mixed, inner = workspace.inner
        backend.shift(input, in: batch, slot: slots.channelShift, weight: mixKey, into: mixed[0])
        if let receptance {
            backend.shift(input, in: batch, slot: slots.channelShift, weight: receptance.mix, into: mixed[1])
            backend.multiply(
                Product(x: mixed[0], matrix: key, y: inner),
                Product(x: mixed[1], matrix: receptance.matrix, y: workspace.gate), nil)
        } else {
            backend.multiply(mixed[0], by: key, into: inner)
        }
        backend.squareReLU(inner)
        backend.remember(input, in: batch, slot: slots.channelShift)
        deepEmbed?.scale(inner, input, tokens: batch.tokens, workspace, on: backend)
        backend.multiply(inner, by: value, into: workspace.update)
        if receptance != nil { backend.gate(workspace.update, bySigmoidOf: workspace.gate) }
    }
}
