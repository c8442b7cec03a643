import HostCompute
import HostCore

/// Token numbers to vectors, normalised by `ln0`.
///
/// The original package normalises the whole table once, at load; here a row is normalised when it is looked up. That
/// gives the same numbers, keeps the table in the mapped file, and leaves it raw for a head that is tied to it.
struct Embedding: Sendable {
    /// [V, C] in the file's own type.
    let table: Matrix
    let norm: LayerNorm
    /// The type that a normalised row is rounded to, as the package does with 16-bit files; nil keeps fp32.
    let rounding: DType?

    init(from loader: WeightLoader, rounding: ModelRecipe.EmbeddingRounding, epsilon: Float) throws(LoadError) {
        table = try loader.table(TensorName.embedding)
        norm = try loader.norm(TensorName.block(0, "ln0"), epsilon: epsilon)
        switch rounding {
        case .toFileDType: self.rounding = table.format == .float32 ? nil : table.format.dtype
        case .none: self.rounding = nil
        }
    }

    func run(_ batch: RowBatch, _ workspace: Workspace, on backend: any Backend) {
        backend.embed(batch.tokens, table: table, norm: norm, rounding: rounding, into: workspace.stream)
    }
}
