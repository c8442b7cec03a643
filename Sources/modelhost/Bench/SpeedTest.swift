import HostCore

/// Measures how fast a model reads and writes; sampling and everything else around the model is left out.
struct SpeedTest {
    let model: any LanguageModel
    /// Is given what is being measured.
    let progress: (String) -> Void

    struct DecodeTimes: Equatable {
        /// Seconds of one step in the middle of all.
        let median: Double
        /// Seconds of one step on average, with every stall.
        let mean: Double
        /// Bytes per second that reading memory reached between the steps; nil when it was not measured.
        var readBandwidth: Double?
    }

    private static let bandwidthSamples = 4
    /// No measurement goes on for much longer than this.
    private static let patience = Duration.seconds(20)

    /// Seconds to feed this many tokens and get the logits after the last: the median of three runs or more.
    func prefill(tokens count: Int) throws -> Double {
        var tokens = TokenSequence(vocabularySize: model.vocabularySize)
        let prompt = (0..<count).map { _ in tokens.next() }
        let clock = ContinuousClock()
        let start = clock.now
        var times: [Double] = []
        // The first run warms up and does not count.
        for run in 0..<12 where run < 4 || clock.now - start < .seconds(2) {
            progress("prefill of \(count) tokens, run \(run + 1)")
            var rows = [BatchEntry(tokens: prompt, state: model.makeState(), output: .lastLogits)]
            let time = try clock.measure { try model.forward(&rows) }
            if run > 0 { times.append(time / .seconds(1)) }
            if clock.now - start > Self.patience, !times.isEmpty { break }
        }
        return Self.median(times)
    }

    /// Times of steps that feed one token to each of `batch` sequences and get the logits of each.
    ///
    /// - Parameter readBandwidth: measures what memory gives; asked now and then between the steps, so that neighbours on
    ///   the same machine slow both alike.
    func decode(
        batch: Int, steps: Int, label: String = "", readBandwidth: (() -> Double)? = nil
    ) throws -> DecodeTimes {
        progress("decode of \(batch) at once\(label)")
        var tokens = TokenSequence(vocabularySize: model.vocabularySize)
        var rows = (0..<batch).map { _ in
            BatchEntry(tokens: [tokens.next()], state: model.makeState(), output: .lastLogits)
        }
        var times: [Double] = [], bandwidths: [Double] = []
        times.reserveCapacity(steps)
        let clock = ContinuousClock()
        let start = clock.now
        let steppingAside = max(1, (steps + Self.bandwidthSamples - 1) / Self.bandwidthSamples)
        for step in 0..<steps where clock.now - start < Self.patience {
            if step % steppingAside == 0 {
                if let readBandwidth { bandwidths.append(readBandwidth()) }
                // The first steps after something else do not count.
                for _ in 0..<3 { try model.forward(&rows) }
            }
            for index in rows.indices { rows[index].tokens[0] = tokens.next() }
            let before = clock.now
            try model.forward(&rows)
            times.append((clock.now - before) / .seconds(1))
        }
        return DecodeTimes(
            median: Self.median(times), mean: times.reduce(0, +) / Double(times.count),
            readBandwidth: bandwidths.isEmpty ? nil : Self.median(bandwidths))
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
