/// RWKV-4's weighted mean of values, with its gate: out = sigmoid(r) ⊙ wkv(k, v).
///
/// - Shapes: r, k, v and out [tokens, A]; decay and bonus [A]. A state holds numerator, denominator and greatest exponent,
///   [A] each, from the offset on. out may be r.
package struct WKV4: Sendable {
    package let r: any Activations, k: any Activations, v: any Activations
    /// What the logarithm of a weight loses per token, negative.
    package let decay: any Vector
    /// What the current token's own logarithm gains.
    package let bonus: any Vector
    package let out: any Activations
    package let offset: Int

    package init(
        r: any Activations, k: any Activations, v: any Activations, decay: any Vector, bonus: any Vector,
        out: any Activations, offset: Int
    ) {
        (self.r, self.k, self.v, self.decay, self.bonus) = (r, k, v, decay, bonus)
        (self.out, self.offset) = (out, offset)
    }
}

/// RWKV-5's and 6's recurrence over a matrix for each head, with group normalisation and gate.
///
/// - Shapes: r, k, v, gate and out [tokens, A]; bonus [A]; A is a multiple of `headSize`, N. A state holds
///   [heads][N keys][N values] from the offset on.
package struct WKV6: Sendable {
    package enum Decay: Sendable {
        /// [A]: the factor by which a row of the state fades with each token.
        case constant(any Vector)
        /// The same for each token: exp(-exp(base + activations)).
        case perToken(any Activations, base: any Vector)
    }

    package let r: any Activations, k: any Activations, v: any Activations
    package let decay: Decay
    package let bonus: any Vector
    package let groupNorm: LayerNorm
    /// The result is multiplied by silu of this.
    package let gate: (any Activations)?
    package let out: any Activations
    package let headSize: Int
    package let offset: Int

    package init(
        r: any Activations, k: any Activations, v: any Activations, decay: Decay, bonus: any Vector,
        groupNorm: LayerNorm, gate: (any Activations)?, out: any Activations, headSize: Int, offset: Int
    ) {
        (self.r, self.k, self.v, self.decay, self.bonus) = (r, k, v, decay, bonus)
        (self.groupNorm, self.gate, self.out) = (groupNorm, gate, out)
        (self.headSize, self.offset) = (headSize, offset)
    }
}

/// RWKV-7's recurrence: decay, removal of an old value under a key, addition of a new one; with what precedes and
/// follows it for each head. `TimeMix7` has the formulas.
///
/// - Shapes: activations [tokens, A], vectors [A]; A is a multiple of `headSize`, N. A state holds
///   [heads][N keys][N values] from the offset on.
package struct WKV7: Sendable {
    /// The products that a token's part is made of.
    package struct Inputs: Sendable {
        package let r: any Activations, k: any Activations, v: any Activations
        package let decay: any Activations, learningRate: any Activations, gate: any Activations

        package init(
            r: any Activations, k: any Activations, v: any Activations, decay: any Activations,
            learningRate: any Activations, gate: any Activations
        ) {
            (self.r, self.k, self.v) = (r, k, v)
            (self.decay, self.learningRate, self.gate) = (decay, learningRate, gate)
        }
    }

    /// The layer's vectors: w0, a0, k_k, k_a and r_k of the files.
    package struct Parameters: Sendable {
        package let decayBase: any Vector, learningRateBase: any Vector
        package let removalKeyScale: any Vector, keyLearningScale: any Vector, bonus: any Vector

        package init(
            decayBase: any Vector, learningRateBase: any Vector, removalKeyScale: any Vector,
            keyLearningScale: any Vector, bonus: any Vector
        ) {
            (self.decayBase, self.learningRateBase) = (decayBase, learningRateBase)
            (self.removalKeyScale, self.keyLearningScale, self.bonus) = (removalKeyScale, keyLearningScale, bonus)
        }
    }

    package let inputs: Inputs
    package let parameters: Parameters
    /// The first layer's values: stored by that layer, which has no `valueMix`, and blended into the others'.
    package let firstValue: any Activations
    package let valueMix: (mix: any Activations, base: any Vector)?
    package let groupNorm: LayerNorm
    package let out: any Activations
    package let headSize: Int
    package let offset: Int

    package init(
        _ inputs: Inputs, _ parameters: Parameters, firstValue: any Activations,
        valueMix: (mix: any Activations, base: any Vector)?, groupNorm: LayerNorm, out: any Activations, headSize: Int,
        offset: Int
    ) {
        (self.inputs, self.parameters, self.firstValue, self.valueMix) = (inputs, parameters, firstValue, valueMix)
        (self.groupNorm, self.out, self.headSize, self.offset) = (groupNorm, out, headSize, offset)
    }
}
