package import HostRuntime
import Synchronization

/// How far the host has come on its way out; the handler, its endpoints and the program share one.
package final class HostPhase: Sendable {
    package enum Step: Int, Sendable, Comparable {
        /// Everything is answered.
        case serving
        /// The same, but `/health/ready` says that no more should come.
        case leaving
        /// What runs may finish, and new work is refused.
        case stopping

        package static func < (left: Step, right: Step) -> Bool { left.rawValue < right.rawValue }
    }

    /// Opens when new work is refused; streams without an end of their own end then.
    package let stopped = Latch()
    private let step = Atomic(Step.serving.rawValue)

    package init() {}

    package var now: Step { Step(rawValue: step.load(ordering: .relaxed)) ?? .stopping }

    /// There is no way back.
    package func advance(to next: Step) {
        step.store(max(next.rawValue, step.load(ordering: .relaxed)), ordering: .relaxed)
        if next == .stopping { stopped.open() }
    }
}
