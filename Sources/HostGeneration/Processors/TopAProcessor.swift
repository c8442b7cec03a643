import Foundation
import HostCore

/// Removes tokens less likely than `factor` times the square of the greatest probability.
///
/// - Source: KoboldAI's top-a; text-generation-webui `TopALogitsWarper`.
struct TopAProcessor: LogitsProcessor {
    let factor: Double

    mutating func process(_ logits: inout [Float]) {
        let best = Double(Softmax.maximum(logits))
        // ln(factor · p²) for the best p, back in the scale of the logits.
        let bound = log(factor) + 2 * best - Softmax.logSum(logits)
        Selection.removeBelow(Float(min(best, bound)), in: &logits)
    }
}
