import HostCore

/// Keeps tokens whose logits lie within some standard deviations of the best one.
///
/// The deviation is that of all logits, removed ones counting as 0.
/// - Source: Tang et al. 2024, "Top-nσ: Not All Logits Are You Need"; text-generation-webui `TopNSigmaLogitsWarper`.
struct TopNSigmaProcessor: LogitsProcessor {
    let count: Double

    mutating func process(_ logits: inout [Float]) {
        guard logits.count > 1 else { return }
        var sum = 0.0
        for logit in logits where logit > -.infinity { sum += Double(logit) }
        let mean = sum / Double(logits.count)
        var squares = 0.0
        for logit in logits {
            let distance = (logit > -.infinity ? Double(logit) : 0) - mean
            squares += distance * distance
        }
        let deviation = (squares / Double(logits.count - 1)).squareRoot()
        Selection.removeBelow(Float(Double(Softmax.maximum(logits)) - count * deviation), in: &logits)
    }
}
