import Foundation
import Testing

@testable import HostHTTP

@Suite("Deadlines")
struct DeadlineTests {
    /// Sends a piece again and again until the server closes; gives up after a thousand times.
    private func drip(_ piece: String, into client: RawClient) async -> (text: String, isClosed: Bool) {
        var text = ""
        for _ in 0..<1000 {
            await client.send(piece)
            let (more, isClosed) = await client.receiveAll(within: .milliseconds(20))
            text += more
            if isClosed { return (text, true) }
        }
        return (text, false)
    }

    @Test("A27: a header that comes byte by byte is cut at its total deadline")
    func headerDrip() async throws {
        var limits = HTTPLimits.patient
        limits.headerDeadline = .milliseconds(300)
        try await withServer(limits: limits) { _, port in
            let start = ContinuousClock.now
            let client = try RawClient(port: port)
            await client.send("GET / HTTP/1.1\r\nX: ")
            let result = await drip("a", into: client)
            #expect(result.isClosed)
            #expect(ContinuousClock.now - start >= .milliseconds(300))
            #expect(result.text.hasPrefix("HTTP/1.1 408 "))
        }
    }

    @Test(
        "A28: a body that comes byte by byte is cut at its deadline, however it is framed",
        arguments: [
            "Content-Length: 100000\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n10000\r\n",
        ])
    func bodyDrip(_ framing: String) async throws {
        var limits = HTTPLimits.patient
        limits.bodyDeadline = .milliseconds(300)
        try await withServer(limits: limits) { _, port in
            let client = try RawClient(port: port)
            await client.send("POST / HTTP/1.1\r\nHost: x\r\n" + framing)
            let result = await drip("a", into: client)
            #expect(result.isClosed)
            #expect(result.text.hasPrefix("HTTP/1.1 408 "))
        }
    }

    @Test("A28: a body shorter than its length gets 408 at the deadline")
    func shortBody() async throws {
        var limits = HTTPLimits.patient
        limits.bodyDeadline = .milliseconds(100)
        try await withServer(limits: limits) { server, port in
            let client = try RawClient(port: port)
            await client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabc")
            let (text, isClosed) = await client.receiveAll()
            #expect(isClosed)
            #expect(text.hasPrefix("HTTP/1.1 408 "))
            #expect(server.statistics.requests == 0)
        }
    }

    @Test("received bytes earn a slow upload more time")
    func slowUpload() async throws {
        var limits = HTTPLimits.patient
        limits.bodyDeadline = .milliseconds(1000)
        limits.bodyBytesPerSecond = 1
        try await withServer(limits: limits) { _, port in
            let client = try RawClient(port: port)
            await client.send(
                "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 605\r\n\r\n"
                    + String(repeating: "a", count: 600))
            try await Task.sleep(for: .milliseconds(1300))
            await client.send("bbbbb")
            #expect(await client.receiveAll().text.hasSuffix("POST / 605"))
        }
    }

    @Test("an idle connection is closed without a word, before the first request and between two")
    func idle() async throws {
        var limits = HTTPLimits.patient
        limits.idleLimit = .milliseconds(300)
        try await withServer(limits: limits) { _, port in
            let fresh = try RawClient(port: port)
            #expect(await fresh.receiveAll() == ("", true))
            let used = try RawClient(port: port, sending: "GET /1 HTTP/1.1\r\nHost: x\r\n\r\n")
            let (text, isClosed) = await used.receiveAll()
            #expect(isClosed)
            #expect(text.hasSuffix("GET /1 0"))
        }
    }

    @Test("a handler may take longer than every deadline of reading")
    func slowHandler() async throws {
        var limits = HTTPLimits.patient
        limits.idleLimit = .milliseconds(300)
        limits.headerDeadline = .milliseconds(50)
        limits.bodyDeadline = .milliseconds(50)
        limits.writeStallLimit = .milliseconds(50)
        let handler = ClosureHandler { _ in
            try? await Task.sleep(for: .milliseconds(900))
            return HTTPResponse(status: 200, body: .bytes(Array("late".utf8)))
        }
        try await withServer(handler, limits: limits) { _, port in
            let client = try RawClient(
                port: port, sending: "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi")
            #expect(await client.receiveAll().text.hasSuffix("late"))
        }
    }
}
