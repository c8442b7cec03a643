import Support
import Testing

@testable import HostHTTP

@Suite("DeadlineQueue")
struct DeadlineQueueTests {
    @Test("entries come out in the order of their times, and only when due")
    func order() {
        var random = SplitMix(seed: 3)
        var queue = DeadlineQueue<Int>()
        let times = (0..<500).map { _ in Int.random(in: 0..<200, using: &random) }
        for (id, time) in times.enumerated() { queue.add(UInt64(id), at: time) }
        #expect(queue.takeDue(at: -1) == nil)
        var taken: [Int] = []
        for now in stride(from: 0, through: 200, by: 10) {
            while let due = queue.takeDue(at: now) {
                #expect(due.time <= now)
                #expect(times[Int(due.id)] == due.time)
                taken.append(due.time)
            }
        }
        #expect(taken == times.sorted())
        #expect(queue.count == 0 && queue.earliest == nil)
    }

    @Test("a poller's time-out is rounded up and has a bound")
    func milliseconds() {
        #expect(Duration.zero.pollMilliseconds == 0)
        #expect(Duration.seconds(-5).pollMilliseconds == 0)
        #expect(Duration.nanoseconds(1).pollMilliseconds == 1)
        #expect(Duration.milliseconds(1500).pollMilliseconds == 1500)
        #expect(Duration.seconds(86_400).pollMilliseconds == 60_000)
    }
}
