/// RWKV-5's and 6's recurrence over a matrix for each head, with group normalisation and gate.
///
/// - Shapes: r, k, v, gate and out [tokens, A]; first [A]; A is a multiple of `headSize`, N. A sequence's state holds
///   [heads][N keys][N values].
package struct Recurrence6 {
    package enum Decay {
        /// [A]: the factor by which a row of the state fades with each token.
        case constant(Vector)
        /// The same for each token: exp(-exp(base + activations)).
        case perToken(Activations, base: Vector)
    }

    package let r: Activations, k: Activations, v: Activations
    package let decay: Decay
    /// The bonus of the current token.
    package let first: Vector
    package let groupNorm: LayerNorm
    /// The result is multiplied by silu of this.
    package let gate: Activations?
    package let out: Activations
    package let headSize: Int

    package init(
        r: Activations, k: Activations, v: Activations, decay: Decay, first: Vector, groupNorm: LayerNorm,
        gate: Activations?, out: Activations, headSize: Int
    ) {
        (self.r, self.k, self.v, self.decay, self.first) = (r, k, v, decay, first)
        (self.groupNorm, self.gate, self.out, self.headSize) = (groupNorm, gate, out, headSize)
    }
}

/// RWKV-7's recurrence: decay, removal of an old value under a key, addition of a new one; with what precedes and
/// follows it for each head.
///
/// - Shapes: activations [tokens, A], vectors [A]; A is a multiple of `headSize`, N. A sequence's state holds
///   [heads][N keys][N values].
package struct Recurrence7 {
    package let r: Activations, k: Activations, v: Activations, decay: Activations, rate: Activations
    package let gate: Activations
    package let out: Activations
    /// The first layer's values: stored by that layer, which has no `mix`, and blended into the others'.
    package let firstValue: Activations
    package let valueMix: (mix: Activations, base: Vector)?
    package let decayBase: Vector, rateBase: Vector
    /// `k_k`, `k_a` and `r_k`.
    package let removalScale: Vector, keyRate: Vector, bonus: Vector
    package let groupNorm: LayerNorm
    package let headSize: Int

    package init(
        r: Activations, k: Activations, v: Activations, decay: Activations, rate: Activations,
        gate: Activations, out: Activations, firstValue: Activations, valueMix: (mix: Activations, base: Vector)?,
        decayBase: Vector, rateBase: Vector, removalScale: Vector, keyRate: Vector, bonus: Vector,
        groupNorm: LayerNorm, headSize: Int
    ) {
        (self.r, self.k, self.v, self.decay, self.rate) = (r, k, v, decay, rate)
        (self.gate, self.out, self.firstValue, self.valueMix) = (gate, out, firstValue, valueMix)
        (self.decayBase, self.rateBase) = (decayBase, rateBase)
        (self.removalScale, self.keyRate, self.bonus) = (removalScale, keyRate, bonus)
        (self.groupNorm, self.headSize) = (groupNorm, headSize)
    }
}
