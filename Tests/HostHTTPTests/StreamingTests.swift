import Foundation
import HostRuntime
import Synchronization
import Testing

@testable import HostHTTP

@Suite("Streamed bodies")
struct StreamingTests {
    private struct Broken: Error {}

    private static func request(_ version: String = "1.1", _ method: String = "GET") -> String {
        "\(method) / HTTP/\(version)\r\nHost: x\r\n\r\n"
    }

    private static func streaming(
        _ produce: @escaping @Sendable (any HTTPBodyWriter) async throws -> Void
    ) -> ClosureHandler {
        ClosureHandler { _ in HTTPResponse(status: 200, headers: SSEWriter.headers, body: .stream(produce)) }
    }

    @Test("1.1 gets chunks as they are written, and the connection lives on")
    func chunked() async throws {
        let handler = Self.streaming { writer in
            try await writer.write(Array("one".utf8))
            try await writer.write([])
            try await writer.write(Array("two and more".utf8))
        }
        try await withServer(handler) { _, port in
            let client = try RawClient(port: port)
            for _ in 0..<2 {
                await client.send(Self.request())
                let text = await client.receive(upTo: "0\r\n\r\n")
                #expect(text.contains("Transfer-Encoding: chunked\r\n"))
                #expect(text.hasSuffix("\r\n\r\n3\r\none\r\nc\r\ntwo and more\r\n0\r\n\r\n"))
            }
        }
    }

    @Test("the first bytes arrive before the last are written")
    func incremental() async throws {
        let gate = Latch()
        let handler = Self.streaming { writer in
            try await writer.write(Array("first".utf8))
            await gate.wait()
            try await writer.write(Array("last".utf8))
        }
        try await withServer(handler) { _, port in
            let client = try RawClient(port: port)
            await client.send(Self.request())
            #expect(await client.receive(upTo: "first\r\n").hasSuffix("first\r\n"))
            gate.open()
            #expect(await client.receive(upTo: "0\r\n\r\n").hasSuffix("last\r\n0\r\n\r\n"))
        }
    }

    @Test("1.0 gets plain bytes up to the end of the connection")
    func untilClose() async throws {
        let handler = Self.streaming { try await $0.write(Array("one".utf8)) }
        try await withServer(handler) { _, port in
            let client = try RawClient(port: port)
            await client.send(Self.request("1.0"))
            let (text, isClosed) = await client.receiveAll()
            #expect(isClosed)
            #expect(text.hasSuffix("\r\n\r\none"))
            #expect(!text.contains("Transfer-Encoding"))
        }
    }

    @Test("HEAD does not run the stream")
    func head() async throws {
        let handler = Self.streaming { _ in Issue.record("the stream ran") }
        try await withServer(handler) { _, port in
            let client = try RawClient(port: port)
            await client.send("HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            #expect(await client.receiveAll().text.hasSuffix("\r\n\r\n"))
        }
    }

    @Test("a stream that throws ends without its last chunk")
    func cut() async throws {
        let log = LogLines()
        let handler = Self.streaming { writer in
            try await writer.write(Array("one".utf8))
            throw Broken()
        }
        try await withServer(handler, log: log) { _, port in
            let client = try RawClient(port: port)
            await client.send(Self.request())
            let (text, isClosed) = await client.receiveAll()
            #expect(isClosed)
            #expect(text.hasSuffix("\r\n\r\n3\r\none\r\n"))
            #expect(log.all.count == 1)
        }
    }

    @Test("A29: writing pauses while nobody reads, then throws, and the connection is cut")
    func stalledReader() async throws {
        var limits = HTTPLimits.patient
        limits.writeStallLimit = .milliseconds(300)
        let written = Mutex(0)
        let ending = Mutex<HTTPError?>(nil)
        let handler = Self.streaming { writer in
            do throws(HTTPError) {
                for _ in 0..<10_000 {
                    try await writer.write([UInt8](repeating: 0x61, count: 10_000))
                    written.withLock { $0 += 10_000 }
                }
            } catch {
                ending.withLock { $0 = error }
                throw error
            }
        }
        try await withServer(handler, limits: limits) { server, port in
            let client = try RawClient(port: port, receiveBufferBytes: 16_384)
            await client.send(Self.request())
            #expect(await eventually { ending.withLock { $0 } != nil })
            #expect(ending.withLock { $0 } == .stalled)
            // Our own bound, the kernel's buffers on both sides, and not the hundred megabytes that there were.
            #expect(written.withLock { $0 } < 4_000_000)
            #expect(await eventually { server.statistics.openConnections == 0 })
            #expect(server.statistics.stalls == 1)
        }
    }

    @Test("a reader that is slow but reads gets everything")
    func slowReader() async throws {
        var limits = HTTPLimits.patient
        limits.unsentBytes = 4096
        let handler = Self.streaming { writer in
            for _ in 0..<1000 { try await writer.write([UInt8](repeating: 0x61, count: 1000)) }
        }
        try await withServer(handler, limits: limits) { server, port in
            let client = try RawClient(port: port, receiveBufferBytes: 8192)
            await client.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            try await Task.sleep(for: .milliseconds(100))
            let (bytes, isClosed) = await client.receive()
            #expect(isClosed)
            #expect(bytes.filter { $0 == 0x61 }.count >= 1_000_000)
            #expect(bytes.suffix(5).elementsEqual(Array("0\r\n\r\n".utf8)))
            #expect(server.statistics.disconnects == 0)
        }
    }

    @Test("several tasks may write to one body")
    func concurrentWriters() async throws {
        var limits = HTTPLimits.patient
        limits.unsentBytes = 1000
        let handler = Self.streaming { writer in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        for _ in 0..<50 { try await writer.write([UInt8](repeating: 0x62, count: 333)) }
                    }
                }
                try await group.waitForAll()
            }
        }
        try await withServer(handler, limits: limits) { _, port in
            let client = try RawClient(port: port)
            await client.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            let (text, _) = await client.receiveAll()
            #expect(text.components(separatedBy: "14d\r\n").count == 401)
        }
    }

    @Test("server-sent events hold their shape")
    func events() async throws {
        let handler = Self.streaming { writer in
            let events = SSEWriter(writer)
            try await events.ping()
            try await events.event(data: "{\"a\":1}")
            try await events.event(data: "two\nlines\r\nor\rmore", name: "na\nme", id: "7")
        }
        try await withServer(handler) { _, port in
            let client = try RawClient(port: port)
            await client.send(Self.request("1.0"))
            let text = await client.receiveAll().text
            #expect(text.contains("Content-Type: text/event-stream"))
            let expected = ": ping\n\ndata: {\"a\":1}\n\nevent: na me\nid: 7\ndata: two\ndata: lines\ndata: or\ndata: more\n\n"
            #expect(text.hasSuffix("\r\n\r\n" + expected))
        }
    }
}
