import HostCore

/// Keeps the tokens whose surprise is nearest to the expected one, until their probabilities reach `mass`.
///
/// - Source: Meister et al. 2023, "Locally Typical Sampling"; transformers `TypicalLogitsWarper`.
struct TypicalPProcessor: LogitsProcessor {
    let mass: Double
    private var weights: [Float] = []
    private var closeness: [Float] = []

    init(mass: Double) {
        self.mass = mass
    }

    mutating func process(_ logits: inout [Float]) {
        let total = Softmax.weights(of: logits, into: &weights)
        let entropy = Softmax.entropy(of: logits, weights: weights, total: total)
        let logSum = Softmax.logSum(logits)
        if closeness.count != logits.count { closeness = [Float](repeating: 0, count: logits.count) }
        for token in logits.indices {
            closeness[token] = -abs(Float(logSum - Double(logits[token]) - entropy))
        }
        let bound = Selection.border(reaching: mass, by: closeness, weights: weights, total: total).score
        for token in logits.indices where closeness[token] < bound { logits[token] = -.infinity }
    }
}
