import HostCompute
import HostCore

/// What a generation of RWKV does between the tokens; each generation is one implementation in one file.
protocol TimeMix: Sendable {
    /// The tensors of one block's time mixing, named without the block in front.
    static func tensors(shape: ModelShape) -> [ExpectedTensor]

    /// What one layer remembers before it has read anything, beside the two token shifts.
    static func initialState(shape: ModelShape) -> [Float]

    init(block: Int, from loader: WeightLoader, plan: LayerPlan) throws(LoadError)

    /// Mixes the normalised inputs of all tokens into `workspace.update` and advances the states.
    ///
    /// - Shapes: `input` and `workspace.update` [tokens, C].
    /// - Parameter slots: where the layer's part of each state lies.
    func run(_ input: Activations, in batch: RowBatch, slots: LayerSlots, _ workspace: Workspace, on backend: any Backend)
}

extension Generation {
    /// The time mixing of a generation; nil for those that the host knows by name only.
    var timeMix: (any TimeMix.Type)? {
        switch self {
        case .v4: TimeMix4.self
        case .v5_0, .v5_1, .v5_2, .v6, .v7, .v7DeepEmbed: nil
        }
    }
}

extension ModelShape {
    var timeMix: any TimeMix.Type {
        guard let timeMix = generation.timeMix else {
            preconditionFailure("there are shapes of generations only that run")
        }
        return timeMix
    }
}
