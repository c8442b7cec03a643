/// Waits after an error, for as long as is said or until the pull is cancelled.
typealias Pause = (HubError, Duration) -> Void

/// How often something is tried again, and how long between.
struct Patience {
    /// A hub that wants a longer pause is not waited for.
    private static let longestPause = 300

    private let mostFailures: Int
    private let pause: Pause
    private var failures = 0

    /// - Parameter mostFailures: in a row, after which nothing more is tried.
    init(mostFailures: Int, _ pause: @escaping Pause) {
        self.mostFailures = mostFailures
        self.pause = pause
    }

    /// Something came: what failed before is forgotten.
    mutating func reset() { failures = 0 }

    /// Waits before the next try, longer each time.
    ///
    /// - Throws: the failure itself where there should be no further try.
    mutating func wait(after setback: Setback, _ cancellation: CancelFlag) throws(HubError) {
        switch setback {
        case .lasting(let error): throw error
        case .passing(let error, let seconds):
            failures += 1
            guard failures < mostFailures else { throw error }
            guard (seconds ?? 0) <= Patience.longestPause else {
                throw HubError(
                    error.kind, error.subject, error.problem,
                    advice: "It asks to come back in \((seconds ?? 0) / 60 + 1) minutes.")
            }
            pause(error, .seconds(max(seconds ?? 0, 1 << (failures - 1))))
            if cancellation.isSet { throw .cancelled }
        }
    }
}
