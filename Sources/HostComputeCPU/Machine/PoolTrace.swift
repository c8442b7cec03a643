import Dispatch

/// What the threads of a pool did, and when: the steps of a pass, the jobs shared out in them, and each part of a job.
///
/// The pool's caller notes steps and every thread the parts that it ran, in memory of its own; `take` reads them between passes.
package final class PoolTrace: @unchecked Sendable {
    /// One step of a program.
    package struct Step: Sendable {
        package let name: String
        /// Nil before the first layer and after the last.
        package let layer: Int?
        /// Nanoseconds of the system's steady clock.
        package let start: UInt64
        package let end: UInt64
    }

    /// One part of a job.
    package struct Part: Sendable {
        /// The step that it belongs to, by its place among the pass's.
        package let step: Int
        /// Jobs count from zero in every pass; parts of one job are waited for together.
        package let job: Int
        /// Which of how many parts.
        package let number: Int
        package let count: Int
        /// The thread, 0 for the caller.
        package let worker: Int
        package let start: UInt64
        package let end: UInt64
    }

    /// What one thread has noted.
    private final class Lane {
        var parts: [Part] = []
    }

    /// Whether the caller runs all parts, as many as for the pool's threads, so that each part's time is its own.
    package let isAlone: Bool
    private let lanes: [Lane]
    private var steps: [Step] = []
    private var jobs = 0

    /// - Parameter threads: of the pool that it is for, at most.
    package init(threads: Int, isAlone: Bool) {
        self.isAlone = isAlone
        lanes = (0..<max(threads, 1)).map { _ in Lane() }
    }

    /// Steps and parts since the last call.
    package func take() -> (steps: [Step], parts: [Part]) {
        let parts = lanes.flatMap(\.parts)
        for lane in lanes { lane.parts.removeAll(keepingCapacity: true) }
        defer {
            steps.removeAll(keepingCapacity: true)
            jobs = 0
        }
        return (steps, parts.sorted { $0.start < $1.start })
    }

    package static var now: UInt64 { DispatchTime.now().uptimeNanoseconds }

    func note(step name: String, layer: Int?, since start: UInt64) {
        steps.append(Step(name: name, layer: layer, start: start, end: Self.now))
    }

    /// A job as one that times its parts.
    func timed<Work: PoolWork>(_ work: Work, count: Int) -> TimedWork<Work> {
        defer { jobs += 1 }
        return TimedWork(work: work, trace: self, step: steps.count, job: jobs, count: count)
    }

    fileprivate func note(_ part: Part) { lanes[part.worker].parts.append(part) }
}

/// A job whose parts are timed.
struct TimedWork<Work: PoolWork>: PoolWork {
    fileprivate let work: Work
    fileprivate let trace: PoolTrace
    fileprivate let step: Int, job: Int, count: Int

    func run(_ piece: Int, worker: Int) {
        let start = PoolTrace.now
        work.run(piece, worker: worker)
        trace.note(
            PoolTrace.Part(
                step: step, job: job, number: piece, count: count, worker: worker, start: start, end: PoolTrace.now))
    }
}
