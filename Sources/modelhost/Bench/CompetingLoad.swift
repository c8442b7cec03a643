import Dispatch
import Foundation
import Synchronization

/// Busy threads that want the processor as much as the measured work does, for as long as they live.
final class CompetingLoad: Sendable {
    private let isOver = Atomic<Bool>(false)
    private let running = DispatchGroup()

    init(threads: Int) {
        for _ in 0..<threads {
            running.enter()
            Thread { [self] in
                while !isOver.load(ordering: .relaxed) {}
                running.leave()
            }.start()
        }
    }

    func stop() {
        isOver.store(true, ordering: .relaxed)
        running.wait()
    }
}
