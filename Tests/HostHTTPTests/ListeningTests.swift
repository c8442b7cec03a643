import Foundation
import HostRuntime
import Testing

@testable import HostHTTP

@Suite("Listening, draining, stopping")
struct ListeningTests {
    private static let get = "GET /x HTTP/1.1\r\nHost: x\r\n\r\n"

    @Test("a port in use is an error that names host, port and reason; no other port is taken")
    func portInUse() async throws {
        try await withServer { _, port in
            let second = HTTPServer(host: "127.0.0.1", port: port, handler: ClosureHandler.echo)
            let error = await #expect(throws: HTTPError.self) { _ = try await second.start() }
            guard case .bind(let text)? = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(text.contains("127.0.0.1:\(port)"))
            #expect(text.contains("in use"))
        }
    }

    @Test(
        "a host that is not an address and a port outside its range are errors",
        arguments: [
            ("example.org", 0), ("", 0), ("127.0.0.1", 65_536), ("127.0.0.1", -1), ("1.2.3", 0), ("::1%nonsense", 0),
        ])
    func badAddress(_ host: String, _ port: Int) async {
        await #expect(throws: HTTPError.self) {
            _ = try await HTTPServer(host: host, port: port, handler: ClosureHandler.echo).start()
        }
    }

    @Test("an address of another machine cannot be bound")
    func foreignAddress() async {
        await #expect(throws: HTTPError.self) {
            _ = try await HTTPServer(host: "192.0.2.1", port: 0, handler: ClosureHandler.echo).start()
        }
    }

    @Test(
        "localhost, all interfaces and IPv4 loopback all serve 127.0.0.1",
        arguments: [
            "localhost", "0.0.0.0", "127.0.0.1", "LOCALHOST",
        ])
    func hosts(_ host: String) async throws {
        try await withServer(host: host) { _, port in
            let client = try RawClient(port: port)
            await client.send(Self.get)
            #expect(await client.receive(upTo: "GET /x 0").hasSuffix("GET /x 0"))
        }
    }

    static let hasIPv6 =
        (try? Listeners.open(host: "::1", port: 0)).map { listeners in
            for socket in listeners.sockets { socket.close() }
            return true
        } ?? false

    @Test(
        "IPv6 is served, with and without brackets, and by localhost on the same port", .enabled(if: hasIPv6),
        arguments: [
            "::1", "[::1]", "localhost",
        ])
    func overIPv6(_ host: String) async throws {
        let handler = ClosureHandler { HTTPResponse(status: 200, body: .bytes(Array("<\($0.remoteAddress)>".utf8))) }
        try await withServer(handler, host: host) { _, port in
            let client = try RawClient(port: port, overIPv6: true)
            await client.send(Self.get)
            #expect(await client.receive(upTo: "<::1>").hasSuffix("<::1>"))
        }
    }

    @Test("a server starts once")
    func startsOnce() async throws {
        try await withServer { server, _ in
            await #expect(throws: HTTPError.self) { _ = try await server.start() }
        }
    }

    @Test("stopping frees the port, and stopping twice or before the start is harmless")
    func stopping() async throws {
        let server = HTTPServer(host: "127.0.0.1", port: 0, handler: ClosureHandler.echo)
        await server.stop()
        let port = try await server.start()
        await server.stop()
        await server.stop()
        #expect(throws: SystemError.self) { try RawClient(port: port) }
        let next = HTTPServer(host: "127.0.0.1", port: port, handler: ClosureHandler.echo)
        #expect(try await next.start() == port)
        await next.stop()
    }

    @Test("a request that has arrived when the drain begins is answered, however close the two are")
    func arrivedBeforeTheDrain() async throws {
        for _ in 0..<30 {
            try await withServer { server, port in
                let client = try RawClient(port: port)
                #expect(await eventually { server.statistics.openConnections == 1 })
                await client.send("GET /now HTTP/1.1\r\nHost: x\r\n\r\n")
                await server.stop(drain: .seconds(600))
                #expect(await client.receiveAll().text.hasSuffix("GET /now 0"))
            }
        }
    }

    @Test("draining closes idle connections at once, lets a request in work finish, and answers until then")
    func draining() async throws {
        let started = Latch()
        let gate = Latch()
        let handler = ClosureHandler { request in
            guard request.path == "/x" else { return HTTPResponse(status: 200, body: .bytes(Array("alive".utf8))) }
            started.open()
            await gate.wait()
            return HTTPResponse(status: 200, body: .bytes(Array("done".utf8)))
        }
        let server = HTTPServer(host: "127.0.0.1", port: 0, limits: .patient, handler: handler)
        let port = try await server.start()
        let idle = try RawClient(port: port)
        // A request that never arrives whole delays nobody.
        let slow = try RawClient(port: port, sending: "GET / HTTP/1.1\r\nHo")
        let busy = try RawClient(port: port)
        await busy.send(Self.get)
        await started.wait()
        async let stopped: Void = server.stop(drain: .seconds(600))
        #expect(await idle.receiveAll() == ("", true))
        let late = try RawClient(port: port)
        await late.send("GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        let answer = await late.receiveAll()
        #expect(answer.text.hasSuffix("alive") && answer.text.contains("Connection: close\r\n") && answer.isClosed)
        gate.open()
        let text = await busy.receive(upTo: "done")
        #expect(text.contains("Connection: close\r\n"))
        #expect(text.hasSuffix("done"))
        #expect(await busy.receiveAll().isClosed)
        await stopped
        #expect(await slow.receiveAll().isClosed)
        #expect(throws: SystemError.self) { try RawClient(port: port) }
        #expect(server.statistics.openConnections == 0)
    }

    @Test("when the time for draining is over, what still runs is cancelled and cut")
    func drainDeadline() async throws {
        let started = Latch()
        let cancelled = Latch()
        let handler = ClosureHandler { _ in
            started.open()
            try? await Task.sleep(for: .seconds(600))
            cancelled.open()
            return HTTPResponse(status: 200)
        }
        let server = HTTPServer(host: "127.0.0.1", port: 0, limits: .patient, handler: handler)
        let client = try RawClient(port: try await server.start())
        await client.send(Self.get)
        await started.wait()
        await server.stop(drain: .milliseconds(50))
        await cancelled.wait()
        #expect(await client.receiveAll() == ("", true))
    }
}
