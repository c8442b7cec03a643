import Foundation
import HostCore

/// Mirostat 1: draws a token from the k best, k chosen so that the surprise stays near a target on average.
///
/// k comes from the steepness of the sorted probabilities, taken for a Zipf distribution. Only the drawn token stays.
/// - Source: Basu et al. 2021, "Mirostat", algorithm 1; llama.cpp for the number of tokens that the estimate uses.
struct Mirostat1Processor: LogitsProcessor {
    let tau: Double
    let eta: Double
    /// The greatest surprise allowed at the moment, in bits.
    private var limit: Double
    private var generator: RandomGenerator

    private static let sampleSize = 100

    init(tau: Double, eta: Double, seed: UInt64) {
        self.tau = tau
        self.eta = eta
        limit = 2 * tau
        generator = RandomGenerator(seed: seed)
    }

    mutating func process(_ logits: inout [Float]) {
        let ranked = RankedProbabilities(logits)
        let count = max(1, min(ranked.tokens.count, keptCount(ranked.probabilities, vocabulary: logits.count)))
        let (token, probability) = ranked.draw(amongBest: count, with: &generator)
        limit -= eta * (-log2(probability) - tau)
        Selection.keepOnly([token], in: &logits)
    }

    private func keptCount(_ probabilities: [Double], vocabulary: Int) -> Int {
        var products = 0.0, squares = 0.0
        for rank in 0..<max(0, min(Mirostat1Processor.sampleSize, probabilities.count) - 1) {
            let step = log(Double(rank + 2) / Double(rank + 1))
            products += step * log(probabilities[rank] / probabilities[rank + 1])
            squares += step * step
        }
        guard squares > 0 else { return 1 }
        let steepness = products / squares
        let excess = steepness - 1
        let count = pow(excess * pow(2, limit) / (1 - pow(Double(vocabulary), -excess)), 1 / steepness)
        // An all too flat or steep curve leaves no number to go by; then all tokens stay.
        return count.isFinite ? Int(min(count, Double(vocabulary))) : vocabulary
    }
}
