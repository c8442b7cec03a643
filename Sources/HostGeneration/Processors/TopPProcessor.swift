import HostCore

/// Keeps the smallest set of most likely tokens whose probabilities reach `mass`; at least the best one.
///
/// - Source: Holtzman et al. 2020, "The Curious Case of Neural Text Degeneration"; transformers `TopPLogitsWarper` splits
///   ties, `rwkv` `sample_logits` keeps them.
struct TopPProcessor: LogitsProcessor {
    let mass: Double
    let ties: TieRule
    private var weights: [Float] = []

    init(mass: Double, ties: TieRule) {
        self.mass = mass
        self.ties = ties
    }

    mutating func process(_ logits: inout [Float]) {
        let total = Softmax.weights(of: logits, into: &weights)
        let border = Selection.border(reaching: mass, by: logits, weights: weights, total: total)
        Selection.keep(border, ties: ties, in: &logits)
    }
}
