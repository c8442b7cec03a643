import HostCompute
import HostCore

/// Channel mixing of RWKV-4, 5 and 6: a two-layer network with squared ReLU and a sigmoid gate, after a token shift.
///
/// - Shapes: key [F, C], value [C, F], receptance [C, C]; mixes [C].
struct ChannelMix: Sendable {
    let key: Matrix, value: Matrix, receptance: Matrix
    let mixKey: Vector, mixReceptance: Vector

    static func tensors(shape: ModelShape) -> [ExpectedTensor] {
        let width = shape.hiddenSize, inner = shape.feedForwardSize
        return [
            ExpectedTensor(name: "ffn.time_mix_k", kind: .vector(width)),
            ExpectedTensor(name: "ffn.time_mix_r", kind: .vector(width)),
            ExpectedTensor(name: "ffn.key.weight", kind: .matrix(inner, width)),
            ExpectedTensor(name: "ffn.receptance.weight", kind: .matrix(width, width)),
            ExpectedTensor(name: "ffn.value.weight", kind: .matrix(width, inner)),
        ]
    }

    init(block: Int, from loader: WeightLoader, plan: LayerPlan) throws(LoadError) {
        func name(_ part: String) -> String { TensorName.block(block, "ffn.\(part)") }
        mixKey = try loader.vector(name("time_mix_k"))
        mixReceptance = try loader.vector(name("time_mix_r"))
        key = try loader.matrix(name("key.weight"), plan: plan)
        receptance = try loader.matrix(name("receptance.weight"), plan: plan)
        value = try loader.matrix(name("value.weight"), plan: plan)
    }

    /// Mixes the normalised inputs of all tokens into `workspace.update` and advances the states.
    func run(
        _ input: Activations, in batch: RowBatch, slots: LayerSlots, _ workspace: Workspace, on backend: any Backend
    ) {
        let mixed = workspace.mixed
        backend.shift(input, in: batch, slot: slots.channelShift, weight: mixKey, into: mixed[0])
        backend.shift(input, in: batch, slot: slots.channelShift, weight: mixReceptance, into: mixed[1])
        backend.multiply(
            Product(x: mixed[0], matrix: key, y: workspace.inner),
            Product(x: mixed[1], matrix: receptance, y: workspace.gate), nil)
        backend.squareReLU(workspace.inner)
        backend.remember(input, in: batch, slot: slots.channelShift)
        backend.multiply(workspace.inner, by: value, into: workspace.update)
        backend.gate(workspace.update, bySigmoidOf: workspace.gate)
    }
}
