import HostCore
import Synchronization

/// What one HTTP request made the models do, gathered while its texts are written.
final class AnswerRecord: Sendable {
    struct Facts: Sendable {
        var model: String?
        var promptTokens = 0
        var cachedTokens = 0
        var completionTokens = 0
        /// From the request's beginning; nil where no token was written.
        var firstTokenSeconds: Double?
        var queueSeconds: [Double] = []
        var tokenGaps = Histogram(HostMetrics.gapBounds)
        /// Whether a text was stopped on request.
        var wasStopped = false
        /// Whether a text broke off by an error.
        var hasFailed = false
    }

    private struct State {
        var facts = Facts()
        var lastToken: ContinuousClock.Instant?
    }

    private let start: ContinuousClock.Instant
    private let metrics: HostMetrics
    private let state = Mutex(State())

    init(since start: ContinuousClock.Instant, metrics: HostMetrics) {
        (self.start, self.metrics) = (start, metrics)
    }

    var facts: Facts { state.withLock { $0.facts } }

    /// One text's prompt has been read.
    ///
    /// - Parameter counts: false for a further text of a prompt that was counted.
    func promptRead(_ report: PromptReport, model: String, counts: Bool) {
        state.withLock { state in
            state.facts.model = model
            guard counts else { return }
            state.facts.promptTokens += report.tokens.count
            state.facts.cachedTokens += report.cachedCount
        }
    }

    /// A text was read for its numbers only.
    func textRead(tokens: Int, model: String) {
        state.withLock { state in
            state.facts.model = model
            state.facts.promptTokens += tokens
        }
    }

    func tokenWritten() {
        let now = ContinuousClock.now
        state.withLock { state in
            state.facts.completionTokens += 1
            if state.facts.firstTokenSeconds == nil { state.facts.firstTokenSeconds = (now - start) / .seconds(1) }
            if let last = state.lastToken { state.facts.tokenGaps.add((now - last) / .seconds(1)) }
            state.lastToken = now
        }
        metrics.countToken()
    }

    /// - Parameter counted: how many of the text's tokens `tokenWritten` has counted.
    func finished(_ usage: Usage, counted: Int, isStopped: Bool) {
        state.withLock { state in
            state.facts.completionTokens += usage.completionTokens - counted
            state.facts.queueSeconds.append(usage.queueSeconds)
            if isStopped { state.facts.wasStopped = true }
        }
    }

    func failed() { state.withLock { $0.facts.hasFailed = true } }
}
