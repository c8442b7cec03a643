import Dispatch
import Foundation
import HostRuntime

/// Log lines on their way to standard error, on a thread of their own: a reader that stalls, such as a pager or a full
/// journal, costs lines, which are counted, and never a request.
final class LogWriter: Sendable {
    private enum Entry: Sendable {
        case line(String)
        /// Signals that all before it has been written.
        case mark(DispatchSemaphore)
    }

    private struct State: Sendable {
        var waiting: [Entry] = []
        var waitingBytes = 0
        var lostCount = 0
    }

    /// More waits for no reader.
    private static let maximumBytes = 1 << 20

    private let state = Guarded(State())
    private let hasWork = DispatchSemaphore(value: 0)
    private let write: @Sendable (String) -> Void

    /// - Parameter write: puts a line where it belongs; it may block for any time.
    init(write: @escaping @Sendable (String) -> Void = { Terminal.logLine($0) }) {
        self.write = write
        let thread = Thread { [self] in
            while true {
                hasWork.wait()
                for entry in takeAll() { handle(entry) }
            }
        }
        thread.name = "log"
        thread.start()
    }

    /// Queues a line; never waits.
    func add(_ line: String) {
        let isNews = state.withLock { state in
            guard state.waitingBytes + line.utf8.count <= LogWriter.maximumBytes else {
                state.lostCount += 1
                return false
            }
            state.waiting.append(.line(line))
            state.waitingBytes += line.utf8.count
            return true
        }
        if isNews { hasWork.signal() }
    }

    /// Waits, but not long, until what was queued has been written.
    func flush(within limit: DispatchTimeInterval = .milliseconds(500)) {
        let mark = DispatchSemaphore(value: 0)
        state.withLock { $0.waiting.append(.mark(mark)) }
        hasWork.signal()
        _ = mark.wait(timeout: .now() + limit)
    }

    private func takeAll() -> [Entry] {
        state.withLock { state in
            var entries = state.waiting
            if state.lostCount > 0 {
                // Before the marks that follow the last line, so that who waits for them has seen it.
                let end = (entries.lastIndex { if case .line = $0 { true } else { false } } ?? -1) + 1
                let warning = "warning: \(state.lostCount) log lines were lost, because the log was not read in time"
                entries.insert(.line(warning), at: end)
            }
            state = State()
            return entries
        }
    }

    private func handle(_ entry: Entry) {
        switch entry {
        case .line(let line): write(line)
        case .mark(let mark): mark.signal()
        }
    }
}
