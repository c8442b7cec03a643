import Testing

@testable import HostHTTP

@Suite("HTTPServer")
struct HTTPServerTests {
    @Test("a request is answered with length, date and connection")
    func answers() async throws {
        try await withServer { _, port in
            let client = try RawClient(port: port)
            await client.send("GET /a%20b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            let (text, isClosed) = await client.receiveAll()
            #expect(isClosed)
            #expect(text.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(text.contains("\r\nContent-Length: 10\r\n"))
            #expect(text.contains(" GMT\r\n"))
            #expect(text.hasSuffix("\r\n\r\nGET /a b 0"))
        }
    }
}
