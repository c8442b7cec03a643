import HostCore
import Synchronization

/// Tells once for each name that clients send a field that means nothing here.
package final class UnknownFieldLog: Sendable {
    private let log: Log
    private let told = Mutex<Set<String>>([])

    init(log: Log) { self.log = log }

    func note(_ names: [String]) {
        for name in names where name.utf8.count <= 64 {
            // Bounded, since clients choose the names.
            let isNew = told.withLock { $0.count < 256 && $0.insert(name).inserted }
            if isNew { log.info("a request has the unknown field \"\(name)\"; it is ignored") }
        }
    }
}
