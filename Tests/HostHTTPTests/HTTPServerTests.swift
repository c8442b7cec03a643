import Foundation
import Testing

@testable import HostHTTP

@Suite("HTTPServer")
struct HTTPServerTests {
    private static func get(_ path: String, _ headers: String = "") -> String {
        "GET \(path) HTTP/1.1\r\nHost: x\r\n\(headers)\r\n"
    }

    /// What the server sends for these bytes, until it closes.
    private func answer(
        _ bytes: String, _ handler: ClosureHandler = .echo, log: LogLines = LogLines()
    ) async throws -> String {
        try await withServer(handler, log: log) { _, port in
            let client = try RawClient(port: port)
            await client.send(bytes)
            let (text, isClosed) = await client.receiveAll()
            #expect(isClosed)
            return text
        }
    }

    @Test("a request is answered with length, date and connection")
    func answers() async throws {
        let text = try await answer(Self.get("/a%20b", "Connection: close\r\n"))
        #expect(text.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(text.contains("\r\nContent-Length: 10\r\n"))
        #expect(text.contains(" GMT\r\n"))
        #expect(text.contains("\r\nConnection: close\r\n"))
        #expect(text.hasSuffix("\r\n\r\nGET /a b 0"))
    }

    @Test("A24: the body of a GET is consumed and the request behind it answered")
    func getWithBody() async throws {
        let text = try await answer(
            Self.get("/1", "Content-Length: 5\r\n") + "hello" + Self.get("/2", "Connection: close\r\n"))
        #expect(text.contains("GET /1 5HTTP/1.1 200 OK"))
        #expect(text.hasSuffix("GET /2 0"))
    }

    @Test("A25: pipelined requests are answered in order, one at a time")
    func pipelining() async throws {
        let slowFirst = ClosureHandler { request in
            if request.path == "/0" { try? await Task.sleep(for: .milliseconds(50)) }
            return HTTPResponse(status: 200, body: .bytes(Array("<\(request.path)>".utf8)))
        }
        let requests = (0..<20).map { Self.get("/\($0)") }.joined() + Self.get("/end", "Connection: close\r\n")
        let text = try await answer(requests, slowFirst)
        let bodies = text.matches(of: /<\/(\w+)>/).map { String($0.output.1) }
        #expect(bodies == (0..<20).map(String.init) + ["end"])
    }

    @Test("A26: 100 Continue comes before the body is sent, then the answer")
    func expectContinue() async throws {
        try await withServer { _, port in
            let client = try RawClient(port: port)
            await client.send(
                "POST /p HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
            #expect(await client.receive(upTo: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
            await client.send("hello")
            #expect(await client.receiveAll().text.hasSuffix("POST /p 5"))
        }
    }

    @Test("an expectation of HTTP/1.0 is ignored")
    func expectIn10() async throws {
        let text = try await answer("POST /p HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi")
        #expect(text.hasPrefix("HTTP/1.1 200 OK"))
    }

    @Test("HEAD has the head of GET and no body")
    func head() async throws {
        let text = try await answer("HEAD /abc HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        #expect(text.contains("Content-Length: 11\r\n"))
        #expect(text.hasSuffix("\r\n\r\n"))
    }

    @Test("204 and 304 have neither body nor length", arguments: [204, 304])
    func bare(_ status: Int) async throws {
        let text = try await answer(
            Self.get("/", "Connection: close\r\n"),
            ClosureHandler { _ in HTTPResponse(status: status, body: .bytes(Array("no".utf8))) })
        #expect(text.hasPrefix("HTTP/1.1 \(status) "))
        #expect(!text.contains("Content-Length"))
        #expect(text.hasSuffix("\r\n\r\n"))
    }

    @Test("1.0 closes after the answer, unless it asks for keep-alive")
    func http10() async throws {
        let once = try await answer("GET /1 HTTP/1.0\r\n\r\n")
        #expect(once.contains("Connection: close\r\n"))
        let twice = try await answer("GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /2 HTTP/1.0\r\n\r\n")
        #expect(twice.contains("Connection: keep-alive\r\n"))
        #expect(twice.hasSuffix("GET /2 0"))
    }

    @Test(
        "a header that would change the message is never sent",
        arguments: [
            ("X", "a\r\nInjected: 1"), ("X", "a\nInjected: 1"), ("X", "a\0"), ("X: y\r\nInjected", "1"), ("", "1"),
        ])
    func injection(_ name: String, _ value: String) async throws {
        let log = LogLines()
        let text = try await answer(
            Self.get("/"), ClosureHandler { _ in HTTPResponse(status: 200, headers: HTTPHeaders([(name, value)])) },
            log: log)
        #expect(text.hasPrefix("HTTP/1.1 500 "))
        #expect(!text.contains("Injected"))
        #expect(log.all.count == 1)
    }

    @Test("fields that delimit the message are the server's own")
    func ownedFields() async throws {
        let headers = HTTPHeaders([
            ("Content-Length", "99"), ("transfer-encoding", "chunked"), ("Date", "today"), ("X-Kept", "yes"),
            ("Connection", "close"),
        ])
        let text = try await answer(
            Self.get("/"), ClosureHandler { _ in HTTPResponse(status: 200, headers: headers, body: .bytes([0x61])) })
        #expect(text.contains("Content-Length: 1\r\n"))
        #expect(text.contains("X-Kept: yes\r\n"))
        #expect(!text.contains("99") && !text.contains("chunked") && !text.contains("today"))
    }

    @Test("a large body arrives whole in both directions")
    func large() async throws {
        let size = 3_000_000
        try await withServer(ClosureHandler { HTTPResponse(status: 200, body: .bytes($0.body.take())) }) { _, port in
            let client = try RawClient(port: port)
            let body = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            await client.send("POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: \(size)\r\n\r\n")
            await client.send(body)
            let (bytes, isClosed) = await client.receive()
            #expect(isClosed)
            let isSame = bytes.suffix(size).elementsEqual(body)
            #expect(isSame)
        }
    }

    @Test("the handler learns the client's address")
    func remoteAddress() async throws {
        let text = try await answer(
            Self.get("/", "Connection: close\r\n"),
            ClosureHandler { HTTPResponse(status: 200, body: .bytes(Array($0.remoteAddress.utf8))) })
        #expect(text.hasSuffix("\r\n\r\n127.0.0.1"))
    }

    @Test("many clients at once each get their own answer")
    func manyClients() async throws {
        try await withServer { server, port in
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<100 {
                    group.addTask {
                        let client = try RawClient(port: port)
                        await client.send(Self.get("/\(number)", "Connection: close\r\n"))
                        return await client.receiveAll().text.hasSuffix("GET /\(number) 0")
                    }
                }
                for try await isRight in group { #expect(isRight) }
            }
            #expect(server.statistics.requests == 100)
            #expect(await eventually { server.statistics.openConnections == 0 })
        }
    }
}
