import Synchronization

@testable import HostHTTP

/// A handler made of a closure.
struct ClosureHandler: HTTPHandler {
    let body: @Sendable (HTTPRequest) async -> HTTPResponse

    func respond(to request: HTTPRequest) async -> HTTPResponse {
        await body(request)
    }

    /// Answers with method, path and length of the body.
    static let echo = ClosureHandler { request in
        HTTPResponse(status: 200, body: .bytes(Array("\(request.method) \(request.path) \(request.body.count)".utf8)))
    }
}

/// Lines that a server logs.
final class LogLines: Sendable {
    private let lines = Mutex<[String]>([])
    var all: [String] { lines.withLock { $0 } }
    func append(_ line: String) { lines.withLock { $0.append(line) } }
}

extension HTTPLimits {
    /// Limits of time that no test meets by accident, however busy the machine is.
    static var patient: HTTPLimits {
        var limits = HTTPLimits()
        limits.headerDeadline = .seconds(600)
        limits.bodyDeadline = .seconds(600)
        limits.idleLimit = .seconds(600)
        limits.writeStallLimit = .seconds(600)
        limits.lingerLimit = .seconds(600)
        return limits
    }
}

/// Runs a server on a free loopback port for the length of a closure.
@discardableResult
func withServer<Result>(
    _ handler: some HTTPHandler = ClosureHandler.echo, limits: HTTPLimits = .patient, log: LogLines = LogLines(),
    host: String = "127.0.0.1", _ body: (HTTPServer, Int) async throws -> Result
) async throws -> Result {
    let server = HTTPServer(host: host, port: 0, limits: limits, handler: handler) { log.append($0) }
    let port = try await server.start()
    do {
        let result = try await body(server, port)
        await server.stop()
        return result
    } catch {
        await server.stop()
        throw error
    }
}

/// Waits for something that other threads bring about; false after a minute and a half.
func eventually(_ condition: @Sendable () -> Bool) async -> Bool {
    let end = ContinuousClock.now + .seconds(180)
    while ContinuousClock.now < end {
        if condition() { return true }
        try? await Task.sleep(for: .milliseconds(5))
    }
    return condition()
}
