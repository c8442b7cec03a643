import HostCore

/// Adaptive-p: prefers tokens near a probability that is led so that the drawn ones meet a target on average.
///
/// Only the drawn token stays.
/// - Source: MrJackSpade's adaptive-p; text-generation-webui `AdaptivePLogitsWarper`.
struct AdaptivePProcessor: LogitsProcessor {
    let target: Double
    let decay: Double
    /// The fading sum of drawn probabilities, and of ones.
    private var sum: Double
    private var weight: Double
    private var generator: RandomGenerator
    private var weights: [Float] = []

    private static let longestMemory = 0.99
    /// The distance at which the preference has sunk by half of its slope.
    private static let width = 0.3
    private static let peak = 5.0
    private static let sharpness = 10.0

    init(target: Double, decay: Double, seed: UInt64) {
        self.target = target
        self.decay = min(decay, AdaptivePProcessor.longestMemory)
        weight = 1 / (1 - self.decay)
        sum = target * weight
        generator = RandomGenerator(seed: seed)
    }

    mutating func process(_ logits: inout [Float]) {
        let total = Softmax.weights(of: logits, into: &weights)
        let wanted = min(1, max(0, 2 * target - sum / weight))
        var preferences = [Float](repeating: -.infinity, count: logits.count)
        for token in logits.indices where logits[token] > -.infinity {
            let distance = abs(Double(weights[token]) / total - wanted) / AdaptivePProcessor.width
            preferences[token] = Float(
                AdaptivePProcessor.peak - AdaptivePProcessor.sharpness * distance * distance / (1 + distance))
        }
        let (token, _) = RankedProbabilities(preferences).draw(amongBest: .max, with: &generator)
        sum = Double(weights[token]) / total + decay * sum
        weight = 1 + decay * weight
        Selection.keepOnly([token], in: &logits)
    }
}
