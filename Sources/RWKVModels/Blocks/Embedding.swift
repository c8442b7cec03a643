import HostCompute
import HostCore

/// Token numbers to vectors, normalised by `ln0`.
///
/// The original package normalises the whole table once, at load; here a row is normalised when it is looked up. That
/// gives the same numbers, keeps the table in the mapped file, and leaves it raw for a head that is tied to it. It lies in
/// the memory of the host whatever the strategy: a token needs one row of it.
struct Embedding: Sendable {
    /// [V, C] in the file's own type.
    private let table: any Weight
    /// Nil where the rows have been normalised in the file.
    private let norm: LayerNorm?
    /// The type that a normalised row is rounded to, as the package does with 16-bit files; nil keeps fp32.
    private let rounding: DType?

    init(from loader: WeightLoader, rounding: ModelRecipe.EmbeddingRounding) throws(LoadError) {
        table = try loader.table(TensorName.embedding)
        norm =
            loader.checkpoint.isEmbeddingNormalised
            ? nil : try loader.norm(TensorName.block(0, "ln0"), epsilon: loader.epsilons.layer)
        let stored = loader.checkpoint.dtype(of: TensorName.embedding)
        self.rounding = rounding == .toFileDType && (stored == .bfloat16 || stored == .float16) ? stored : nil
    }

    /// Fills the stream, and what looks back at it.
    func steps(_ carried: Carried) -> [Step] {
        let look: Step =
            if let norm {
                .embed(table: table, norm: norm, rounding: rounding, into: carried.stream)
            } else {
                .lookUp(table: table, into: carried.stream)
            }
        return [look] + (carried.embedded.map { [.copy(carried.stream, into: $0)] } ?? [])
    }
}
