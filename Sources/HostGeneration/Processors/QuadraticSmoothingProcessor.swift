import HostCore

/// Bends the logits down by the square, and with a curve the cube, of their distance from the best one.
///
/// - Source: kalomaze, "Quadratic sampling"; text-generation-webui `QuadraticSamplingLogitsWarper`.
struct QuadraticSmoothingProcessor: LogitsProcessor {
    private let square: Float
    private let cube: Float

    init(factor: Double, curve: Double) {
        square = Float(factor * (3 - curve) / 2)
        cube = Float(factor * (curve - 1) / 2)
    }

    mutating func process(_ logits: inout [Float]) {
        let best = Softmax.maximum(logits)
        for token in logits.indices where logits[token] > -.infinity {
            let distance = logits[token] - best
            logits[token] = best - square * distance * distance + cube * distance * distance * distance
        }
    }
}
