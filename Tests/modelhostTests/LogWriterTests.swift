import Dispatch
import Synchronization
import Testing

@testable import modelhost

@Suite("The log's writer")
struct LogWriterTests {
    @Test("lines are written in order, and flushing waits for them")
    func order() {
        let written = Mutex<[String]>([])
        let writer = LogWriter { line in written.withLock { $0.append(line) } }
        for number in 0..<100 { writer.add("line \(number)") }
        writer.flush(within: .seconds(60))
        #expect(written.withLock { $0 } == (0..<100).map { "line \($0)" })
    }

    @Test("a reader that stalls costs lines and nobody's time, and what was lost is counted", .timeLimit(.minutes(10)))
    func stall() {
        let gate = DispatchSemaphore(value: 0), written = Mutex<[String]>([])
        let writer = LogWriter { line in
            if written.withLock({ $0.isEmpty }) { gate.wait() }
            written.withLock { $0.append(line) }
        }
        let line = String(repeating: "x", count: 1000)
        for _ in 0..<5000 { writer.add(line) }
        writer.flush(within: .milliseconds(10))
        gate.signal()
        writer.flush(within: .seconds(60))
        let lines = written.withLock { $0 }
        let kept = lines.filter { $0 == line }.count
        #expect((1000...2200).contains(kept))
        // A writer that starts late loses some before it takes the first lines, and tells of them apart.
        let lost = lines.compactMap { line in
            line.wholeMatch(of: /warning: (\d+) log lines were lost, because the log was not read in time/).flatMap { Int($0.1) }
        }
        #expect(lost.reduce(0, +) == 5000 - kept && lost.count <= 2)
    }
}
