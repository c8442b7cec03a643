/// Lets tokens through no faster than this many a second.
struct TokenPace {
    private let interval: Duration?
    private var next = ContinuousClock.now

    /// - Parameter tokensPerSecond: nil lets all through at once.
    init(_ tokensPerSecond: Int?) {
        interval = tokensPerSecond.map { .seconds(1) / $0 }
    }

    /// Waits until the next token may be shown.
    mutating func wait() async throws {
        guard let interval else { return }
        if next > .now { try await Task.sleep(until: next) }
        next = max(next, .now) + interval
    }
}
