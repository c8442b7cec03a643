import HostCore
import Synchronization

/// A log that tests can read.
final class RecordedLog: Sendable {
    private let recorded = Mutex<[String]>([])

    var lines: [String] { recorded.withLock { $0 } }

    var text: String { lines.joined(separator: "\n") }

    var log: Log { Log { [self] _, line in recorded.withLock { $0.append(line) } } }
}
