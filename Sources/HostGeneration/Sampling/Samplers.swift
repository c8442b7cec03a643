import HostCore

/// Takes the most likely token; the lowest number among equals.
struct GreedySampler: Sampler {
    mutating func sample(_ logits: [Float]) -> TokenID {
        let logits = logits.span
        var best = 0
        for token in logits.indices where logits[token] > logits[best] { best = token }
        return best
    }
}

/// Draws a token by its probability; the same seed draws the same, whatever else is in the batch.
struct CategoricalSampler: Sampler {
    private var generator: RandomGenerator
    private var weights: [Float] = []

    init(seed: UInt64) {
        generator = RandomGenerator(seed: seed)
    }

    mutating func sample(_ logits: [Float]) -> TokenID {
        let total = Softmax.weights(of: logits, into: &weights)
        let target = generator.unit() * total
        let weights = weights.span
        var sum = 0.0
        var last = 0
        for token in weights.indices where weights[token] > 0 {
            sum += Double(weights[token])
            last = token
            if sum > target { return token }
        }
        return last
    }
}
