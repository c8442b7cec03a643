import HostCompute

/// What a generation of RWKV does between the tokens; each generation is one implementation in one file.
protocol TimeMix: Sendable {
    /// Mixes the normalised inputs of all tokens into `workspace.update` and advances the states.
    ///
    /// - Shapes: `input` and `workspace.update` [tokens, C].
    /// - Parameter slots: where the layer's part of each state lies.
    func run(_ input: Activations, in batch: RowBatch, slots: LayerSlots, _ workspace: Workspace, on backend: any Backend)
}
