import HostCore
import Synchronization

/// How far a load has come, for status and log: a line for every tenth, or every second if that is sooner; none for
/// small models, which are there before a bar would be seen.
final class LoadReporter: Sendable {
    private struct State {
        var progress = LoadProgress(completedBytes: 0, totalBytes: 0)
        var loggedPercent = 0
        var loggedAt = ContinuousClock.now
    }

    private static let smallestLogged = 64 << 20

    private let id: String
    private let log: Log
    private let state = Mutex(State())

    init(id: String, log: Log) {
        self.id = id
        self.log = log
    }

    var progress: LoadProgress { state.withLock { $0.progress } }

    func report(_ progress: LoadProgress) {
        // A hair more, so that 0.29 of the way is 29 % and not 28.
        let percent = Int(progress.fraction * 100 + 1e-9)
        let isDue = state.withLock { state in
            state.progress = progress
            guard progress.totalBytes >= LoadReporter.smallestLogged else { return false }
            let now = ContinuousClock.now
            let isSlow = percent > state.loggedPercent && now - state.loggedAt >= .seconds(1)
            guard percent / 10 > state.loggedPercent / 10 || isSlow else { return false }
            state.loggedPercent = percent
            state.loggedAt = now
            return true
        }
        if isDue { log.info("loading \(id): \(percent) % of \(progress.totalBytes >> 20) MiB") }
    }
}
