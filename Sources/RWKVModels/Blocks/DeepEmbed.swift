import HostCompute
import HostCore

/// DeepEmbed: each token has a small matrix of its own in each layer, which turns a low-rank view of the context into
/// factors for the inner channels of channel mixing.
///
/// The package adds the product of the normalised embedding and `s_emb_x` to the whole table at load; here that is done
/// for the tokens that come up.
///
/// - Shapes: table [V, D²], projection [D², C], first [D, C], second [F, D], base [F].
/// - Source: `rwkv` 0.8.32, `rwkv/model.py`, with `RWKV_DE_VERSION` 1.
struct DeepEmbed: Sendable {
    let table: Matrix, projection: Matrix
    let first: Matrix, second: Matrix
    let base: Vector

    static func tensors(shape: ModelShape) -> [ExpectedTensor] {
        let rank = shape.rank("ffn.s2")
        return [
            ExpectedTensor(name: "ffn.s_emb.weight", kind: .table(shape.vocabularySize, rank * rank)),
            ExpectedTensor(name: "ffn.s_emb_x.weight", kind: .matrix(rank * rank, shape.hiddenSize)),
            ExpectedTensor(name: "ffn.s0", kind: .vector(shape.feedForwardSize)),
            ExpectedTensor(name: "ffn.s1", kind: .lowRank(shape.hiddenSize, rank)),
            ExpectedTensor(name: "ffn.s2", kind: .lowRank(rank, shape.feedForwardSize)),
        ]
    }

    /// The token's matrix, what the projection adds to it, the view of the context before and after it, the factors.
    static func scratchWidths(shape: ModelShape) -> [Int] {
        let rank = shape.rank("ffn.s2")
        return [rank * rank, rank * rank, rank, rank, shape.feedForwardSize]
    }

    init(block: Int, of shape: ModelShape, from loader: WeightLoader, plan: LayerPlan) throws(LoadError) {
        func name(_ part: String) -> String { TensorName.block(block, "ffn.\(part)") }
        table = try loader.table(name("s_emb.weight"))
        projection = try loader.matrix(name("s_emb_x.weight"), plan: plan)
        base = try loader.vector(name("s0"))
        first = try loader.lowRank(name("s1"), plan: plan)
        second = try loader.lowRank(name("s2"), plan: plan)
    }

    /// inner = inner ⊙ (base + (input · first) · matrix of the token · second).
    func scale(
        _ inner: Activations, _ input: Activations, tokens: [Int], _ workspace: Workspace, on backend: any Backend
    ) {
        let scratch = workspace.deepEmbed
        backend.lookUp(tokens, in: table, into: scratch[0])
        backend.multiply(
            Product(x: workspace.embedded, matrix: projection, y: scratch[1]),
            Product(x: input, matrix: first, y: scratch[2]), nil)
        backend.add(scratch[1], to: scratch[0])
        backend.multiplyEach(scratch[2], byMatrices: scratch[0], into: scratch[3])
        backend.multiply(scratch[3], by: second, into: scratch[4])
        backend.scale(inner, by: scratch[4], plus: base)
    }
}
