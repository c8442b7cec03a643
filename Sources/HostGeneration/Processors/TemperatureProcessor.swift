import HostCore

/// Divides the logits: below 1 sharpens, above 1 flattens.
struct TemperatureProcessor: LogitsProcessor {
    private let temperature: Float

    init(temperature: Double) {
        self.temperature = Float(temperature)
    }

    mutating func process(_ logits: inout [Float]) {
        var logits = logits.mutableSpan
        for token in 0..<logits.count { logits[token] /= temperature }
    }
}
