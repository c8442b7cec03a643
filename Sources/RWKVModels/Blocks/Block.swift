import HostCompute
import HostCore

/// One layer: time mixing and channel mixing, each on its own normalisation, each added to the residual stream.
struct Block: Sendable {
    let timeNorm: LayerNorm, channelNorm: LayerNorm
    let timeMix: any TimeMix
    let channelMix: ChannelMix
    let slots: LayerSlots

    init(
        _ number: Int, of shape: ModelShape, from loader: WeightLoader, slots: LayerSlots, plan: LayerPlan,
        epsilon: Float
    ) throws(LoadError) {
        self.slots = slots
        timeNorm = try loader.norm(TensorName.block(number, "ln1"), epsilon: epsilon)
        channelNorm = try loader.norm(TensorName.block(number, "ln2"), epsilon: epsilon)
        timeMix = try shape.timeMix.init(block: number, of: shape, from: loader, plan: plan)
        channelMix = try ChannelMix(block: number, of: shape, from: loader, plan: plan)
    }

    /// Adds the layer's part to `workspace.stream`.
    func run(_ batch: RowBatch, _ workspace: Workspace, on backend: any Backend) {
        backend.normalize(workspace.stream, timeNorm, into: workspace.normalized)
        timeMix.run(workspace.normalized, in: batch, slots: slots, workspace, on: backend)
        backend.add(workspace.update, to: workspace.stream)
        backend.normalize(workspace.stream, channelNorm, into: workspace.normalized)
        channelMix.run(workspace.normalized, in: batch, slots: slots, workspace, on: backend)
        backend.add(workspace.update, to: workspace.stream)
    }
}
