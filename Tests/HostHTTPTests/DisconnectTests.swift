import Foundation
import HostRuntime
import Synchronization
import Testing

@testable import HostHTTP

@Suite("Clients that leave")
struct DisconnectTests {
    private static let request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"

    /// Opens a connection, sends, waits for a latch and closes it with the client's end of life.
    private func visit(port: Int, _ bytes: String, until latch: Latch, halfOnly: Bool = false) async throws {
        let client = try RawClient(port: port)
        await client.send(bytes)
        await latch.wait()
        if halfOnly {
            client.closeWriting()
            #expect(await client.receiveAll().isClosed)
        }
    }

    @Test(
        "A32: a handler that computes is cancelled when its client closes, or closes its half (A33)",
        arguments: [
            false, true,
        ])
    func duringCompute(halfOnly: Bool) async throws {
        let started = Latch()
        let wasCancelled = Atomic(false)
        let handler = ClosureHandler { _ in
            started.open()
            do {
                try await Task.sleep(for: .seconds(60))
            } catch {
                wasCancelled.store(true, ordering: .relaxed)
            }
            return HTTPResponse(status: 200)
        }
        try await withServer(handler) { server, port in
            try await visit(port: port, Self.request, until: started, halfOnly: halfOnly)
            #expect(await eventually { wasCancelled.load(ordering: .relaxed) })
            #expect(await eventually { server.statistics.openConnections == 0 })
            #expect(server.statistics.disconnects == 1)
        }
    }

    @Test("a client that has read the last event and leaves before the last chunk had its whole answer")
    func afterTheLastEvent() async throws {
        let gate = Latch()
        let ends = Mutex<[HTTPEnd]>([])
        let handler = ClosureHandler { _ in
            var response = HTTPResponse(
                status: 200,
                body: .stream { writer in
                    try await writer.write(Array("[DONE]".utf8))
                    await gate.wait()
                })
            response.ended = { end in ends.withLock { $0.append(end) } }
            return response
        }
        try await withServer(handler) { server, port in
            do {
                let client = try RawClient(port: port)
                await client.send(Self.request)
                #expect(await client.receive(upTo: "[DONE]\r\n").hasSuffix("[DONE]\r\n"))
            }
            #expect(await eventually { server.statistics.disconnects == 1 })
            gate.open()
            #expect(await eventually { ends.withLock { !$0.isEmpty } })
            #expect(ends.withLock { $0.map(\.outcome) } == [.done])
        }
    }

    @Test("A32: the same with further pipelined bytes waiting unread")
    func withUnreadBytes() async throws {
        let started = Latch()
        let wasCancelled = Atomic(false)
        let handler = ClosureHandler { _ in
            started.open()
            try? await Task.sleep(for: .seconds(60))
            wasCancelled.store(Task.isCancelled, ordering: .relaxed)
            return HTTPResponse(status: 200)
        }
        try await withServer(handler) { server, port in
            let many = String(repeating: Self.request, count: 5000)
            try await visit(port: port, many, until: started)
            #expect(await eventually { wasCancelled.load(ordering: .relaxed) })
            #expect(server.statistics.requests == 1)
        }
    }

    @Test("A32: a stream's next write throws when the client has left in mid-stream")
    func midStream() async throws {
        let started = Latch()
        let ending = Mutex<HTTPError?>(nil)
        let handler = ClosureHandler { _ in
            HTTPResponse(
                status: 200,
                body: .stream { writer in
                    do throws(HTTPError) {
                        while true {
                            try await writer.write(Array("token ".utf8))
                            started.open()
                            try? await Task.sleep(for: .milliseconds(1))
                        }
                    } catch {
                        ending.withLock { $0 = error }
                        throw error
                    }
                })
        }
        try await withServer(handler) { server, port in
            try await visit(port: port, Self.request, until: started)
            #expect(await eventually { ending.withLock { $0 } == .disconnected })
            #expect(await eventually { server.statistics.openConnections == 0 })
            #expect(server.statistics.disconnects == 1)
        }
    }

    @Test("A32: a write that waits for room is woken by the client's leaving")
    func whileWaiting() async throws {
        let started = Latch()
        let ending = Mutex<HTTPError?>(nil)
        let handler = ClosureHandler { _ in
            HTTPResponse(
                status: 200,
                body: .stream { writer in
                    started.open()
                    do throws(HTTPError) {
                        try await writer.write([UInt8](repeating: 0x61, count: 50_000_000))
                    } catch {
                        ending.withLock { $0 = error }
                        throw error
                    }
                })
        }
        try await withServer(handler) { server, port in
            try await visit(port: port, Self.request, until: started)
            #expect(await eventually { ending.withLock { $0 } == .disconnected })
            #expect(await eventually { server.statistics.openConnections == 0 })
        }
    }

    @Test(
        "A32: a client that leaves before or inside its request leaves nothing behind",
        arguments: [
            "", "GET / HT", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\nabc",
        ])
    func beforeRequest(_ bytes: String) async throws {
        try await withServer { server, port in
            let opened = Latch()
            opened.open()
            try await visit(port: port, bytes, until: opened)
            #expect(await eventually { server.statistics.acceptedConnections == 1 })
            #expect(await eventually { server.statistics.openConnections == 0 })
            #expect(server.statistics.requests == 0)
        }
    }
}
