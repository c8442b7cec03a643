import HostCore
import Synchronization

/// What has been counted since the host's start; a lock is held for some additions only.
final class HostMetrics: Sendable {
    static let gapBounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5]
    static let waitBounds = [0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120]
    static let durationBounds = [0.005, 0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300]

    struct RequestKey: Hashable, Comparable {
        var method: String
        /// A route of the table, or `other`: paths that clients make up must not become labels.
        var route: String
        var status: Int

        static func < (left: RequestKey, right: RequestKey) -> Bool {
            (left.route, left.method, left.status) < (right.route, right.method, right.status)
        }
    }

    struct ModelCounts {
        var promptTokens = 0
        var cachedTokens = 0
        var completionTokens = 0
        var firstToken = Histogram(HostMetrics.waitBounds)
        var tokenGaps = Histogram(HostMetrics.gapBounds)
        var queue = Histogram(HostMetrics.waitBounds)
    }

    struct Counts {
        var requests: [RequestKey: Int] = [:]
        var outcomes: [AccessEntry.Outcome: Int] = [:]
        var durations = Histogram(HostMetrics.durationBounds)
        var models: [String: ModelCounts] = [:]
        var recent = RecentTokens()
    }

    /// Further models share one label.
    private static let maximumModels = 64

    let start = ContinuousClock.now
    private let counts = Mutex(Counts())

    var now: Counts { counts.withLock { $0 } }

    func count(_ entry: AccessEntry, route: String) {
        counts.withLock { counts in
            counts.requests[RequestKey(method: entry.method, route: route, status: entry.status), default: 0] += 1
            counts.outcomes[entry.outcome, default: 0] += 1
            counts.durations.add(entry.seconds)
            guard let model = entry.facts.model else { return }
            counts.add(entry.facts, of: model, orElse: HostMetrics.maximumModels)
        }
    }

    /// A token was written just now.
    func countToken() { counts.withLock { $0.recent.add(1, at: .now) } }
}

extension HostMetrics.Counts {
    fileprivate mutating func add(_ facts: AnswerRecord.Facts, of model: String, orElse maximum: Int) {
        let label = models[model] != nil || models.count < maximum ? model : "other"
        models[label, default: HostMetrics.ModelCounts()].add(facts)
    }
}

extension HostMetrics.ModelCounts {
    fileprivate mutating func add(_ facts: AnswerRecord.Facts) {
        promptTokens += facts.promptTokens
        cachedTokens += facts.cachedTokens
        completionTokens += facts.completionTokens
        if let seconds = facts.firstTokenSeconds { firstToken.add(seconds) }
        tokenGaps.add(facts.tokenGaps)
        for seconds in facts.queueSeconds { queue.add(seconds) }
    }
}

/// How many tokens were written in each of the last seconds.
struct RecentTokens: Sendable {
    /// Five minutes.
    static let length = 300

    private var counts = [Int](repeating: 0, count: RecentTokens.length)
    private var newest = 0
    private let start = ContinuousClock.now

    mutating func add(_ count: Int, at time: ContinuousClock.Instant) {
        advance(to: second(of: time))
        counts[newest % RecentTokens.length] += count
    }

    /// The last seconds, the present one at the end.
    func perSecond(at time: ContinuousClock.Instant) -> [Int] {
        var copy = self
        copy.advance(to: second(of: time))
        let end = copy.newest + 1
        return (end..<end + RecentTokens.length).map { copy.counts[$0 % RecentTokens.length] }
    }

    private func second(of time: ContinuousClock.Instant) -> Int { max(newest, Int((time - start) / .seconds(1))) }

    private mutating func advance(to second: Int) {
        guard second > newest else { return }
        for passed in (newest + 1)...max(newest + 1, min(second, newest + RecentTokens.length)) {
            counts[passed % RecentTokens.length] = 0
        }
        // What lies further back than the whole ring has been cleared by now.
        newest = second
    }
}
