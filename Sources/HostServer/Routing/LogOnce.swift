import HostCore
import Synchronization

/// Says in the log what every request might repeat, but only the first time.
package final class LogOnce: Sendable {
    private let log: Log
    private let said = Mutex<Set<String>>([])

    init(log: Log) { self.log = log }

    func noteUnknownFields(_ names: [String]) {
        for name in names where name.utf8.count <= 64 && isNew("field \(name)") {
            log.info("a request has the unknown field \"\(name)\"; it is ignored")
        }
    }

    func note(_ line: String) {
        if isNew(line) { log.info(line) }
    }

    func warning(_ line: String) {
        if isNew(line) { log.warning(line) }
    }

    /// Bounded, since clients choose what is said; what comes after the bound stays unsaid.
    private func isNew(_ key: String) -> Bool {
        said.withLock { $0.count < 512 && $0.insert(key).inserted }
    }
}
