import HostCore
import Synchronization

/// How far a load has come, for status and log: a line for every tenth, or every second if that is sooner.
final class LoadReporter: Sendable {
    private struct State {
        var progress = LoadProgress(completedBytes: 0, totalBytes: 0)
        var loggedFraction = 0.0
        var loggedAt = ContinuousClock.now
    }

    private let id: String
    private let log: Log
    private let state = Mutex(State())

    init(id: String, log: Log) {
        self.id = id
        self.log = log
    }

    var progress: LoadProgress { state.withLock { $0.progress } }

    func report(_ progress: LoadProgress) {
        let isDue = state.withLock { state in
            state.progress = progress
            let now = ContinuousClock.now
            let advance = progress.fraction - state.loggedFraction
            guard advance >= 0.1 || (advance > 0 && now - state.loggedAt >= .seconds(1)) else { return false }
            state.loggedFraction = progress.fraction
            state.loggedAt = now
            return true
        }
        guard isDue else { return }
        let percent = Int(progress.fraction * 100)
        log.info("loading \(id): \(percent) % of \(progress.totalBytes >> 20) MiB")
    }
}
