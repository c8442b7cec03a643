import HostHTTP
import Synchronization

/// The listeners of the service; all of them answer until the last one has drained.
final class RunningServers: Sendable {
    private let servers = Mutex<[HTTPServer]>([])

    func add(_ server: HTTPServer) { servers.withLock { $0.append(server) } }

    /// What all of them have counted.
    var statistics: HTTPStatistics {
        servers.withLock { $0 }.map(\.statistics).reduce(into: HTTPStatistics()) { $0 += $1 }
    }

    /// Waits until no request is in work any more, for at most `limit`, and then stops listening.
    func stop(drain limit: Duration) async {
        let servers = servers.withLock { $0 }
        await withTaskGroup(of: Void.self) { group in
            for server in servers { group.addTask { await server.drain(atMost: limit) } }
        }
        await withTaskGroup(of: Void.self) { group in
            for server in servers { group.addTask { await server.stop() } }
        }
    }
}
