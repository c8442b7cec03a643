import Foundation
import Synchronization

/// Whether a pull was cancelled; asked from its own thread, set from any.
final class CancelFlag: Sendable {
    private static let tick = 0.05

    private let flag = Atomic(false)

    var isSet: Bool { flag.load(ordering: .relaxed) }

    func set() { flag.store(true, ordering: .relaxed) }

    /// Waits on the thread that calls, but no longer than until the flag is set.
    func wait(_ duration: Duration) {
        let end = ContinuousClock.now + duration
        while !isSet, ContinuousClock.now < end {
            Thread.sleep(forTimeInterval: min(CancelFlag.tick, max(0, (end - .now) / .seconds(1))))
        }
    }
}
