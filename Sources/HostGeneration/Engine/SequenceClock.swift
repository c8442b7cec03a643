/// When a sequence began, and when its prompt and its last token were done.
struct SequenceClock {
    private let start: ContinuousClock.Instant
    /// From the request's arrival to its place in the batch.
    let queueSeconds: Double
    private var promptEnd: ContinuousClock.Instant?
    private var lastTokenEnd: ContinuousClock.Instant?

    init(start: ContinuousClock.Instant) {
        self.start = start
        queueSeconds = (ContinuousClock.now - start) / .seconds(1)
    }

    mutating func promptEnded() { promptEnd = .now }
    mutating func tokenEnded() { lastTokenEnd = .now }

    var prefillSeconds: Double { promptEnd.map { ($0 - start) / .seconds(1) } ?? 0 }

    var decodeSeconds: Double {
        guard let promptEnd, let lastTokenEnd else { return 0 }
        return (lastTokenEnd - promptEnd) / .seconds(1)
    }
}
