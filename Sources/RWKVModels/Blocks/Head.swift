import HostCompute
import HostCore

/// The last normalisation and the projection to logits.
struct Head: Sendable {
    let norm: LayerNorm
    /// [V, C].
    let projection: Matrix

    init(from loader: WeightLoader, plan: LayerPlan) throws(LoadError) {
        // Every engine uses 1e-5 here, whatever a configuration says of the other normalisations.
        norm = try loader.norm("ln_out", epsilon: 1e-5)
        projection = try loader.matrix(TensorName.head, plan: plan)
    }

    /// Puts the final hidden states of some rows of the stream into `workspace.hidden`.
    func hidden(of rows: ArraySlice<Int>, _ workspace: Workspace, on backend: any Backend) {
        backend.gather(rows, of: workspace.stream, into: workspace.normalized)
        backend.normalize(workspace.normalized, norm, into: workspace.hidden)
    }

    /// Puts the logits of `workspace.hidden` into `workspace.logits`.
    func logits(_ workspace: Workspace, on backend: any Backend) {
        backend.multiply(workspace.hidden, by: projection, into: workspace.logits)
    }
}
