import Foundation
import HostCore

/// Removes tokens below an absolute probability, but never the best one.
///
/// - Source: Hewitt et al. 2022, "Truncation Sampling as Language Model Desmoothing"; transformers
///   `EpsilonLogitsWarper` and `EtaLogitsWarper`.
struct CutoffProcessor: LogitsProcessor {
    enum Kind {
        /// The bound is `probability`.
        case epsilon
        /// The bound is lowered to √probability · e^−entropy where that is less.
        case eta
    }

    let kind: Kind
    /// In 0..<1.
    let probability: Double
    private var weights: [Float] = []

    init(_ kind: Kind, probability: Double) {
        self.kind = kind
        self.probability = probability
    }

    mutating func process(_ logits: inout [Float]) {
        let total = Softmax.weights(of: logits, into: &weights)
        var bound = probability
        if kind == .eta {
            let entropy = Softmax.entropy(of: logits, weights: weights, total: total)
            bound = min(probability, probability.squareRoot() * exp(-entropy))
        }
        // The best token's weight is 1.
        let least = Float(min(1, bound * total))
        for token in logits.indices where weights[token] < least { logits[token] = -.infinity }
    }
}
