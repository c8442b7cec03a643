import HostCore

/// XTC, exclude top choices: now and then removes all likely tokens but the least likely of them.
///
/// Where that would remove the end of the text or of the line, nothing happens.
/// - Source: p-e-w, text-generation-webui pull request 6335.
struct XTCProcessor: LogitsProcessor {
    let probability: Double
    /// What counts as likely.
    let threshold: Double
    /// Tokens that structure a text.
    let spared: Set<TokenID>
    private var generator: RandomGenerator
    private var weights: [Float] = []

    init(probability: Double, threshold: Double, spared: Set<TokenID>, seed: UInt64) {
        self.probability = probability
        self.threshold = threshold
        self.spared = spared
        generator = RandomGenerator(seed: seed)
    }

    mutating func process(_ logits: inout [Float]) {
        guard generator.unit() < probability else { return }
        let total = Softmax.weights(of: logits, into: &weights)
        let least = threshold * total
        var likely = logits.indices.filter { weights[$0] > 0 && Double(weights[$0]) >= least }
        guard let last = likely.min(by: { (weights[$0], $1) < (weights[$1], $0) }) else { return }
        likely.removeAll { $0 == last }
        guard spared.isDisjoint(with: likely) else { return }
        for token in likely { logits[token] = -.infinity }
    }
}
