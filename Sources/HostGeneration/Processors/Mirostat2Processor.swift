import Foundation
import HostCore

/// Mirostat 2: draws among tokens whose surprise is below a limit that is led so that the drawn ones meet a target.
///
/// Only the drawn token stays.
/// - Source: Basu et al. 2021, "Mirostat"; text-generation-webui `MirostatLogitsWarper`, llama.cpp.
struct Mirostat2Processor: LogitsProcessor {
    let tau: Double
    let eta: Double
    /// The greatest surprise allowed at the moment, in bits.
    private var limit: Double
    private var generator: RandomGenerator

    init(tau: Double, eta: Double, seed: UInt64) {
        self.tau = tau
        self.eta = eta
        limit = 2 * tau
        generator = RandomGenerator(seed: seed)
    }

    mutating func process(_ logits: inout [Float]) {
        let ranked = RankedProbabilities(logits)
        let kept = ranked.probabilities.firstIndex { -log2($0) > limit } ?? ranked.tokens.count
        let (token, probability) = ranked.draw(amongBest: max(1, kept), with: &generator)
        limit -= eta * (-log2(probability) - tau)
        Selection.keepOnly([token], in: &logits)
    }
}
