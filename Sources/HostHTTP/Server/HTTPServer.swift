import Foundation
package import HostRuntime
import Synchronization

/// An HTTP/1.1 server on one address, over TLS or not.
///
/// Each request is handled in a task of its own, which is cancelled as soon as the client closes the connection or its half
/// of it, also before the first byte of the answer. Requests on one connection are answered in order, one at a time.
package final class HTTPServer: Sendable {
    private enum State {
        case new
        case starting
        case running(ServerContext)
    }

    private let host: String
    private let port: Int
    private let limits: HTTPLimits
    private let tls: TLSContext?
    private let budget: MemoryBudget
    private let handler: any HTTPHandler
    private let log: @Sendable (String) -> Void
    private let state = Mutex(State.new)

    /// A server that does not listen yet.
    ///
    /// `host` is a numeric address or `localhost`, which is 127.0.0.1 and, where the machine has it, ::1.
    ///
    /// - Parameter budget: memory for bodies and waiting answers, which several servers may share.
    package init(
        host: String, port: Int, limits: HTTPLimits = HTTPLimits(), tls: TLSContext? = nil, budget: MemoryBudget = .unlimited,
        handler: any HTTPHandler, log: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.host = host
        self.port = port
        self.limits = limits
        self.tls = tls
        self.budget = budget
        self.handler = handler
        self.log = log
    }

    deinit {
        running?.mailbox.post(.stop)
    }

    /// Binds and begins to serve; returns the port, which the system chooses where 0 was asked for.
    ///
    /// - Throws: `HTTPError.bind` naming host, port and reason. No other port is ever tried.
    package func start() async throws(HTTPError) -> Int {
        let isFirst = state.withLock { state in
            guard case .new = state else { return false }
            state = .starting
            return true
        }
        guard isFirst else { throw .system("the server has been started already") }
        do throws(HTTPError) {
            let listeners = try Listeners.open(host: host, port: port)
            let poller = try makePoller(orClose: listeners)
            let context = ServerContext(
                limits: limits, tls: tls, handler: handler, log: log, mailbox: Mailbox(poller: poller), budget: budget)
            // Its own thread: it spends its life in the poller and must not hold one of the few cooperative ones.
            let sockets = listeners.sockets
            Thread.detachNewThread { ServerLoop(context: context, poller: poller, listeners: sockets).run() }
            state.withLock { $0 = .running(context) }
            return listeners.port
        } catch {
            state.withLock { $0 = .new }
            throw error
        }
    }

    private func makePoller(orClose listeners: Listeners) throws(HTTPError) -> SystemPoller {
        do throws(SystemError) {
            return try SystemPoller()
        } catch {
            for socket in listeners.sockets { socket.close() }
            throw .system("\(error.call) failed: \(error.reason)")
        }
    }

    /// Waits until what is being answered has been answered, for at most `limit`.
    ///
    /// Idle connections are closed at once, WebSockets without a request with code 1001, and every answer is the last of its
    /// connection. The server still listens, and the handler decides what it answers; neither such connections nor requests
    /// that have not arrived yet are waited for.
    package func drain(atMost limit: Duration) async {
        guard let context = running else { return }
        context.mailbox.post(.drain(atMost: limit))
        await context.drained.wait()
    }

    /// Drains, then stops listening and cuts what is left.
    package func stop(drain limit: Duration = .zero) async {
        guard let context = running else { return }
        await drain(atMost: limit)
        context.mailbox.post(.stop)
        await context.finished.wait()
    }

    package var statistics: HTTPStatistics { running?.statistics ?? HTTPStatistics() }

    private var running: ServerContext? {
        state.withLock { state in
            guard case .running(let context) = state else { return nil }
            return context
        }
    }
}
