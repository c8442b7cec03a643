import HostCompute
import HostCore

/// One layer: time mixing and channel mixing, each on its own normalisation, each added to the residual stream.
struct Block<Mixing: TimeMix>: Sendable {
    private let number: Int
    private let timeNorm: LayerNorm, channelNorm: LayerNorm
    private let timeMix: Mixing
    private let channelMix: ChannelMix

    init(_ number: Int, of shape: ModelShape, from loader: WeightLoader, plan: LayerPlan) throws(LoadError) {
        self.number = number
        timeNorm = try loader.norm(TensorName.block(number, "ln1"), epsilon: loader.epsilons.layer)
        channelNorm = try loader.norm(TensorName.block(number, "ln2"), epsilon: loader.epsilons.layer)
        timeMix = try Mixing(block: number, of: shape, from: loader, plan: plan)
        channelMix = try ChannelMix(block: number, of: shape, from: loader, plan: plan)
    }

    /// Adds the layer's part to the stream.
    func steps(_ x: Workspace, _ scratch: Mixing.Scratch, offsets: LayerOffsets) -> [Step] {
        [.layer(number)] + timeMix.steps(x, scratch, norm: timeNorm, offsets: offsets)
            + channelMix.steps(x, norm: channelNorm, offsets: offsets)
    }
}
