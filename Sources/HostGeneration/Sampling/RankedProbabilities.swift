import HostCore

/// The tokens that are left, the likeliest first, with their probabilities.
struct RankedProbabilities {
    let tokens: [TokenID]
    let probabilities: [Double]

    init(_ logits: [Float]) {
        var weights: [Float] = []
        let total = Softmax.weights(of: logits, into: &weights)
        tokens = Selection.ranked(byWeights: weights)
        probabilities = tokens.map { Double(weights[$0]) / total }
    }

    /// Draws one of the first tokens; its probability is the one among these.
    func draw(
        amongBest count: Int, with generator: inout RandomGenerator
    ) -> (token: TokenID, probability: Double) {
        let kept = probabilities.prefix(count)
        let total = kept.reduce(0, +)
        let target = generator.unit() * total
        var sum = 0.0
        for (rank, probability) in kept.enumerated() {
            sum += probability
            if sum > target { return (tokens[rank], probability / total) }
        }
        return (tokens[kept.count - 1], probabilities[kept.count - 1] / total)
    }
}
