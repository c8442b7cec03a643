import HostCore

/// Measures how fast a model reads and writes; sampling and everything else around the model is left out.
struct SpeedTest {
    let model: any LanguageModel
    /// Told what is being measured.
    let progress: (String) -> Void

    struct DecodeTimes: Equatable {
        /// Seconds of one step in the middle of all.
        let median: Double
        /// Seconds of one step on average, with every stall.
        let mean: Double
    }

    /// No measurement goes on for much longer than this.
    private static let patience = Duration.seconds(20)

    /// Seconds to feed so many tokens and get the logits after the last: the median of three runs or more.
    func prefill(tokens count: Int) throws -> Double {
        var tokens = TokenSequence(vocabularySize: model.vocabularySize)
        let prompt = (0..<count).map { _ in tokens.next() }
        let clock = ContinuousClock()
        let start = clock.now
        var times: [Double] = []
        // The first run warms up and does not count.
        for run in 0..<12 where run < 4 || clock.now - start < .seconds(2) {
            progress("prefill of \(count) tokens, run \(run + 1)")
            var rows = [ForwardRow(tokens: prompt, state: model.makeState(), output: .lastLogits)]
            let time = try clock.measure { try model.forward(&rows) }
            if run > 0 { times.append(time / .seconds(1)) }
            if clock.now - start > Self.patience, !times.isEmpty { break }
        }
        return Self.median(times)
    }

    /// Times of steps that feed one token to each of `batch` sequences and get the logits of each.
    func decode(batch: Int, steps: Int, label: String = "") throws -> DecodeTimes {
        progress("decode of \(batch) at once\(label)")
        var tokens = TokenSequence(vocabularySize: model.vocabularySize)
        var rows = (0..<batch).map { _ in
            ForwardRow(tokens: [tokens.next()], state: model.makeState(), output: .lastLogits)
        }
        for _ in 0..<3 { try model.forward(&rows) }
        var times: [Double] = []
        times.reserveCapacity(steps)
        let clock = ContinuousClock()
        let start = clock.now
        var last = start
        for _ in 0..<steps where last - start < Self.patience {
            for index in rows.indices { rows[index].tokens[0] = tokens.next() }
            try model.forward(&rows)
            let now = clock.now
            times.append((now - last) / .seconds(1))
            last = now
        }
        let mean = (last - start) / .seconds(1) / Double(times.count)
        return DecodeTimes(median: Self.median(times), mean: mean)
    }

    static func median(_ times: [Double]) -> Double {
        let sorted = times.sorted()
        guard let upper = sorted.dropFirst(sorted.count / 2).first else { return 0 }
        return sorted.count % 2 == 1 ? upper : (upper + sorted[sorted.count / 2 - 1]) / 2
    }
}

/// Token after token, spread over the vocabulary, the same in every run.
private struct TokenSequence {
    let vocabularySize: Int
    private var state: UInt64 = 1

    init(vocabularySize: Int) {
        self.vocabularySize = vocabularySize
    }

    /// - Source: D. E. Knuth, MMIX; the multiplier of its linear congruential generator.
    mutating func next() -> TokenID {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % vocabularySize
    }
}
