import Foundation
import Testing

@testable import HostHTTP

@Suite("Bad bytes over a socket")
struct BadRequestsOnTheWireTests {
    @Test("they get their status in the error envelope, the connection closes, and the next client is served")
    func table() async throws {
        try await withServer { server, port in
            for bad in WireRequest.bad {
                let client = try RawClient(port: port)
                await client.send(bad.bytes)
                let (text, isClosed) = await client.receiveAll()
                #expect(isClosed, "\(bad.name)")
                let answer = text.hasPrefix("HTTP/1.1 100 ") ? String(text.dropFirst(25)) : text
                #expect(answer.hasPrefix("HTTP/1.1 \(bad.status) "), "\(bad.name): \(text)")
                #expect(answer.contains("Connection: close\r\n"), "\(bad.name): \(text)")
                #expect(answer.contains(#"{"error":{"message":""#), "\(bad.name): \(text)")
                #expect(answer.components(separatedBy: "\r\nDate: ").count == 2, "\(bad.name): \(text)")
                let next = try RawClient(port: port)
                await next.send("GET /next HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                #expect(await next.receiveAll().text.hasSuffix("GET /next 0"), "\(bad.name)")
            }
            #expect(server.statistics.failedRequests == WireRequest.bad.count)
            #expect(server.statistics.requests == WireRequest.bad.count)
        }
    }
}
