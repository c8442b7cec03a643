import HostCompute
import HostCore

/// The last normalisation and the projection to logits: y = LN(x), `ln_out` [C], and logits = W · y, `head` [V, C].
struct Head: Sendable {
    private let norm: LayerNorm
    private let projection: any Weight

    struct Scratch: Sendable {
        /// [outputs, C]: rows of the stream, and the same normalised.
        let gathered: any Activations, hidden: any Activations
        /// [outputs, V].
        let logits: any Activations

        init(shape: ModelShape, from maker: ActivationMaker) throws(DeviceError) {
            gathered = try maker.make(shape.hiddenSize, per: .outputs)
            hidden = try maker.make(shape.hiddenSize, per: .outputs)
            logits = try maker.make(shape.vocabularySize, per: .outputs)
        }
    }

    init(from loader: WeightLoader, plan: LayerPlan) throws(LoadError) {
        norm = try loader.norm("ln_out", epsilon: loader.epsilons.output)
        projection = try loader.matrix(TensorName.head, plan: plan)
    }

    /// The final hidden states of the wanted rows of the stream.
    func hiddenSteps(of stream: any Activations, _ scratch: Scratch) -> [Step] {
        [
            .gather(stream, into: scratch.gathered), .normalize(scratch.gathered, norm, into: scratch.hidden),
            .deliver(scratch.hidden),
        ]
    }

    /// The logits of the wanted rows of the stream.
    func logitSteps(of stream: any Activations, _ scratch: Scratch) -> [Step] {
        [
            .gather(stream, into: scratch.gathered), .normalize(scratch.gathered, norm, into: scratch.hidden),
            .multiply([Product(scratch.hidden, projection, into: scratch.logits)]), .deliver(scratch.logits),
        ]
    }
}
