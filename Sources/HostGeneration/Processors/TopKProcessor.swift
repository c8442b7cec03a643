import HostCore

/// Keeps the k most likely tokens.
///
/// - Source: transformers `TopKLogitsWarper` keeps ties with the k-th; `rwkv` `sample_logits` keeps exactly k.
struct TopKProcessor: LogitsProcessor {
    let count: Int
    let ties: TieRule

    mutating func process(_ logits: inout [Float]) {
        guard count < logits.count else { return }
        let best = Selection.largest(count, of: logits)
        guard best.count == count else { return }
        switch ties {
        case .keepAll: Selection.removeBelow(logits[best[count - 1]], in: &logits)
        case .keepLowest: Selection.keepOnly(best, in: &logits)
        }
    }
}
