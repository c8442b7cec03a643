import HostRuntime

/// Lets tokens through no faster than this many a second.
struct TokenPace {
    private let interval: Duration?
    private var next = ContinuousClock.now

    /// - Parameter tokensPerSecond: nil lets all through at once.
    init(_ tokensPerSecond: Int?) {
        interval = tokensPerSecond.map { .seconds(1) / $0 }
    }

    /// Waits until the next token may be shown; no longer than until the text is stopped.
    mutating func wait(unless stopped: Latch) async throws {
        guard let interval else { return }
        let deadline = next
        if deadline > .now {
            try await withThrowingTaskGroup { group in
                group.addTask { try await Task.sleep(until: deadline) }
                group.addTask { await stopped.wait() }
                try await group.next()
                group.cancelAll()
            }
        }
        next = max(next, .now) + interval
    }
}
