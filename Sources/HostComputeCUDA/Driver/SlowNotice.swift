import Dispatch
import Synchronization

/// Says something once when work takes longer than it should.
final class SlowNotice: Sendable {
    private let isOver = Atomic<Bool>(false)

    init(after patience: Duration, _ say: @escaping @Sendable () -> Void) {
        let nanoseconds = Int(patience / .nanoseconds(1))
        DispatchQueue.global().asyncAfter(deadline: .now() + .nanoseconds(nanoseconds)) { [self] in
            if !isOver.load(ordering: .relaxed) { say() }
        }
    }

    /// The work is over.
    func cancel() { isOver.store(true, ordering: .relaxed) }
}
