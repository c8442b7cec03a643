import Foundation
import HostCore

/// Removes tokens less likely than a share of the greatest probability.
///
/// - Source: Nguyen et al. 2024, "Turning Up the Heat: Min-p Sampling"; transformers `MinPLogitsWarper`.
struct MinPProcessor: LogitsProcessor {
    let share: Double

    mutating func process(_ logits: inout [Float]) {
        // p < share · max p, in logarithms.
        Selection.removeBelow(Softmax.maximum(logits) + Float(log(share)), in: &logits)
    }
}
