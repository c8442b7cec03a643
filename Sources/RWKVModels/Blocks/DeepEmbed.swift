import HostCompute
import HostCore

/// DeepEmbed: each token has a small matrix of its own in each layer, which turns a low-rank view of the context into
/// factors for the inner channels of channel mixing.
///
/// The package adds the product of the normalised embedding and `s_emb_x` to the whole table at load; here that is done
/// for the tokens that come up.
///
/// For each token t with its normalised embedding e and the normalised input y of channel mixing:
///
/// 1. M = table[t] + W_x · e, `ffn.s_emb` [V, D²], `ffn.s_emb_x` [D², C]
/// 2. z = W_1 · y, `ffn.s1` stored [C, D]
/// 3. z' = z · M as a matrix [D, D]
/// 4. inner = inner ⊙ (s_0 + W_2 · z'), `ffn.s0` [F], `ffn.s2` stored [D, F]
///
/// - Source: `rwkv` 0.8.32, `rwkv/model.py`, with `RWKV_DE_VERSION` 1.
struct DeepEmbed: Sendable {
    private let table: any Weight, projection: any Weight
    /// W_1 and W_2.
    private let down: any Weight, up: any Weight
    private let base: any Vector

    struct Scratch: Sendable {
        /// [tokens, D²]: the token's matrix, and what its embedding adds to it.
        let matrix: any Activations, addition: any Activations
        /// [tokens, D]: the view of the context before and after the token's matrix.
        let view: any Activations, turned: any Activations
        /// [tokens, F].
        let factors: any Activations

        init(shape: ModelShape, from maker: ActivationMaker) throws(DeviceError) {
            let rank = shape.rank("ffn.s2")
            matrix = try maker.make(rank * rank)
            addition = try maker.make(rank * rank)
            view = try maker.make(rank)
            turned = try maker.make(rank)
            factors = try maker.make(shape.feedForwardSize)
        }
    }

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

    init(block: Int, of shape: ModelShape, from loader: WeightLoader, plan: LayerPlan) throws(LoadError) {
        func name(_ part: String) -> String { TensorName.block(block, "ffn.\(part)") }
        table = try loader.table(name("s_emb.weight"))
        projection = try loader.matrix(name("s_emb_x.weight"), plan: plan)
        base = try loader.vector(name("s0"))
        down = try loader.lowRank(name("s1"), plan: plan)
        up = try loader.lowRank(name("s2"), plan: plan)
    }

    /// Scales the inner channels of a token by its factors.
    func steps(_ x: Workspace, scaling inner: any Activations) -> [Step] {
        guard let scratch = x.deepEmbed, let embedded = x.carried.embedded else { return [] }
        return [
            .lookUp(table: table, into: scratch.matrix),
            .multiply([
                Product(embedded, projection, into: scratch.addition), Product(x.normalized, down, into: scratch.view),
            ]),
            .add(scratch.addition, to: scratch.matrix),
            .multiplyEach(scratch.view, byMatrices: scratch.matrix, into: scratch.turned),
            .multiply([Product(scratch.turned, up, into: scratch.factors)]),
            .scale(inner, by: scratch.factors, plus: base),
        ]
    }
}
