import HostCompute
import HostCore

/// What a generation of RWKV does between the tokens; each generation is one implementation in one file.
protocol TimeMix: Sendable {
    /// The tensors of a block's time mixing, named without the block in front.
    static func tensors(shape: ModelShape, block: Int) -> [ExpectedTensor]

    /// What one layer remembers before it has read anything, beside the two token shifts.
    static func initialState(shape: ModelShape) -> [Float]

    /// Rows of C numbers that the token shift makes of each token, at most `Workspace.mixedCount`.
    static func shiftCount(shape: ModelShape) -> Int

    /// Widths of the activations that are needed beside the workspace's own; kept from layer to layer.
    static func scratchWidths(shape: ModelShape) -> [Int]

    init(block: Int, of shape: ModelShape, from loader: WeightLoader, plan: LayerPlan) throws(LoadError)

    /// Mixes the normalised inputs of all tokens into `workspace.update` and advances the states.
    ///
    /// - Shapes: `input` and `workspace.update` [tokens, C].
    /// - Parameter slots: where the layer's part of each state lies.
    func run(_ input: Activations, in batch: RowBatch, slots: LayerSlots, _ workspace: Workspace, on backend: any Backend)
}

extension TimeMix {
    /// A matrix of zeros for each head.
    static func initialState(shape: ModelShape) -> [Float] {
        [Float](repeating: 0, count: shape.attentionSize * shape.headSize)
    }
}

extension ModelShape {
    /// The ε of the group normalisation: training divided its input by 8 and used 1e-5.
    static let groupNormEpsilon: Float = 64e-5
}
