import HostCore

/// Cuts the tail where the curve of sorted probabilities becomes flat.
///
/// The best token always stays, the least likely one of all never does.
/// - Source: Phénix and Egan 2019, "Tail Free Sampling"; text-generation-webui `TailFreeLogitsWarper`.
struct TailFreeProcessor: LogitsProcessor {
    /// The share of the absolute second differences that is kept, 0..<1.
    let share: Double
    private var weights: [Float] = []

    init(share: Double) {
        self.share = share
    }

    mutating func process(_ logits: inout [Float]) {
        guard logits.count >= 3 else { return }
        _ = Softmax.weights(of: logits, into: &weights)
        var ranked = Selection.ranked(byWeights: weights)
        // Those without any weight come last, in their own order.
        if ranked.count < logits.count { ranked += logits.indices.filter { !(weights[$0] > 0) } }
        let curvature = (0..<ranked.count - 2).map { rank in
            abs(Double(weights[ranked[rank]]) - 2 * Double(weights[ranked[rank + 1]]) + Double(weights[ranked[rank + 2]]))
        }
        let total = curvature.reduce(0, +)
        var sum = 0.0
        for (rank, value) in curvature.enumerated() {
            sum += value
            if total > 0, sum / total > share { logits[ranked[rank + 1]] = -.infinity }
        }
        logits[ranked[ranked.count - 1]] = -.infinity
    }
}
