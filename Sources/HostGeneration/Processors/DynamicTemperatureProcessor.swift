import Foundation
import HostCore

/// Divides the logits by a temperature that grows with the entropy, from `low` for a certain token to `high` for chance.
///
/// - Source: kalomaze, "Dynamic temperature"; text-generation-webui `DynamicTemperatureLogitsWarper`.
struct DynamicTemperatureProcessor: LogitsProcessor {
    let settings: SamplingParameters.DynamicTemperature
    private var weights: [Float] = []

    /// Stands for an entropy of 0 where it would divide or be divided.
    private static let leastEntropy = 1e-10

    init(_ settings: SamplingParameters.DynamicTemperature) {
        self.settings = settings
    }

    mutating func process(_ logits: inout [Float]) {
        let total = Softmax.weights(of: logits, into: &weights)
        let least = DynamicTemperatureProcessor.leastEntropy
        let entropy = max(Softmax.entropy(of: logits, weights: weights, total: total), least)
        let greatest = max(log(Double(logits.count { $0 > -.infinity })), least)
        let share = pow(entropy / greatest, settings.exponent)
        let temperature = Float(max(settings.low + (settings.high - settings.low) * share, least))
        var values = logits.mutableSpan
        for token in 0..<values.count { values[token] /= temperature }
    }
}
