import HostHTTP
import Synchronization

/// What a client should know of how its request was answered, sent in the header `X-Warning`.
final class AnswerWarnings: Sendable {
    static let header = "X-Warning"
    private static let maximumBytes = 512
    private let lines = Mutex<[String]>([])

    func add(_ line: String) { lines.withLock { if !$0.contains(line) { $0.append(line) } } }

    /// Everything that was said as one line of printable ASCII; nil where nothing was.
    var text: String? {
        let all = lines.withLock { $0 }.joined(separator: "; ")
        guard !all.isEmpty else { return nil }
        let shown = all.unicodeScalars.prefix(AnswerWarnings.maximumBytes)
        return String(shown.map { (0x20...0x7E).contains($0.value) ? Character($0) : "?" })
    }
}
