import Foundation
import HostRuntime
import Synchronization
import Testing

@testable import HostHTTP

/// Refuses every path but `/open` at its head.
private struct DoorKeeper: HTTPHandler {
    func refusal(of head: HTTPRequest) -> HTTPResponse? {
        head.path == "/open" ? nil : HTTPResponse(status: 401, body: .bytes(Array("no".utf8)))
    }

    func respond(to request: HTTPRequest) async -> HTTPResponse {
        HTTPResponse(status: 200, body: .bytes(Array("\(request.path) \(request.body.count)".utf8)))
    }
}

@Suite("What is decided before a body is read")
struct AdmissionTests {
    private static func post(_ path: String, length: Int, _ more: String = "") -> String {
        "POST \(path) HTTP/1.1\r\nHost: x\r\nContent-Length: \(length)\r\n\(more)\r\n"
    }

    @Test("a refused request is answered before its body has come", arguments: [10, 65_536, 65_537, 16_000_000])
    func early(length: Int) async throws {
        try await withServer(DoorKeeper()) { _, port in
            let client = try RawClient(port: port, sending: Self.post("/closed", length: length))
            #expect(await client.receive(upTo: "\r\n\r\nno").hasPrefix("HTTP/1.1 401 "))
        }
    }

    @Test("a short refused body is passed over, and the connection goes on")
    func keepAlive() async throws {
        try await withServer(DoorKeeper()) { _, port in
            let client = try RawClient(port: port, sending: Self.post("/closed", length: 5))
            #expect(await client.receive(upTo: "\r\n\r\nno").contains("Connection: keep-alive"))
            await client.send("12345" + Self.post("/open", length: 3) + "abc")
            #expect(await client.receive(upTo: "/open 3").hasPrefix("HTTP/1.1 200 "))
        }
    }

    @Test(
        "a long refused body, a chunked one and one that waits for a word end the connection after the answer",
        arguments: [
            post("/closed", length: 100_000), post("/closed", length: 5, "Expect: 100-continue\r\n"),
            "POST /closed HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n",
            post("/closed", length: 5, "Connection: close\r\n"),
        ])
    func closes(request: String) async throws {
        var limits = HTTPLimits.patient
        limits.lingerLimit = .milliseconds(100)
        try await withServer(DoorKeeper(), limits: limits) { _, port in
            let client = try RawClient(port: port, sending: request)
            let (text, isClosed) = await client.receiveAll()
            #expect(text.hasPrefix("HTTP/1.1 401 ") && text.contains("Connection: close") && isClosed)
            #expect(!text.contains("100 Continue"))
        }
    }

    @Test("an accepted request that waits for a word gets it")
    func expectation() async throws {
        try await withServer(DoorKeeper()) { _, port in
            let client = try RawClient(port: port, sending: Self.post("/open", length: 2, "Expect: 100-continue\r\n"))
            _ = await client.receive(upTo: "100 Continue\r\n\r\n")
            await client.send("ab")
            #expect(await client.receive(upTo: "/open 2").hasPrefix("HTTP/1.1 200 "))
        }
    }

    @Test("half-sent bodies of many connections never take more than the budget, and others are told to come back")
    func halfSent() async throws {
        let budget = MemoryBudget(limit: 3 << 20)
        let server = HTTPServer(host: "127.0.0.1", port: 0, limits: .patient, budget: budget, handler: DoorKeeper())
        let port = try await server.start()
        let part = [UInt8](repeating: 0x61, count: 400_000)
        var clients: [RawClient] = [], refused = 0
        for _ in 0..<12 {
            let client = try RawClient(port: port, sending: Self.post("/open", length: 1 << 20))
            await client.send(part)
            clients.append(client)
        }
        for client in clients {
            let (bytes, _) = await client.receive(within: .milliseconds(300)) { $0.count > 12 }
            if String(decoding: bytes.prefix(13), as: UTF8.self) == "HTTP/1.1 503 " { refused += 1 }
        }
        #expect((5...11).contains(refused))
        #expect(budget.used <= 3 << 20)
        clients = []
        #expect(await eventually { budget.used == 0 })
        let last = try RawClient(port: port, sending: Self.post("/open", length: 1 << 20))
        await last.send([UInt8](repeating: 0x61, count: 1 << 20))
        #expect(await last.receive(upTo: "/open 1048576").hasPrefix("HTTP/1.1 200 "))
        await server.stop()
    }

    @Test("L1: work whose clients have left takes their places until it has ended")
    func abandonedTasks() async throws {
        let gate = Latch(), started = Atomic(0)
        let handler = ClosureHandler { _ in
            started.add(1, ordering: .relaxed)
            // Work that does not heed cancellation.
            await Task.detached { await gate.wait() }.value
            return HTTPResponse(status: 200)
        }
        var limits = HTTPLimits.patient
        limits.connections = 4
        try await withServer(handler, limits: limits) { server, port in
            for number in 1...4 {
                let client = try RawClient(port: port, sending: "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                #expect(await eventually { started.load(ordering: .relaxed) == number })
                withExtendedLifetime(client) {}
            }
            #expect(await eventually { server.statistics.openConnections == 0 })
            let refused = try RawClient(port: port, sending: "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(await refused.receive(upTo: "\r\n\r\n").hasPrefix("HTTP/1.1 503 "))
            gate.open()
            #expect(
                await eventually {
                    guard let client = try? RawClient(port: port, sending: "GET / HTTP/1.1\r\nHost: x\r\n\r\n") else { return false }
                    defer { withExtendedLifetime(client) {} }
                    return started.load(ordering: .relaxed) > 4
                })
        }
    }

    @Test("L6: a cancellation handler that waits does not stop the server")
    func waitingHandler() async throws {
        let gate = DispatchSemaphore(value: 0), isCancelled = Atomic(false), started = Latch()
        let handler = ClosureHandler { request in
            guard request.path == "/slow" else { return HTTPResponse(status: 200) }
            await withTaskCancellationHandler {
                started.open()
                try? await Task.sleep(for: .seconds(60))
            } onCancel: {
                isCancelled.store(true, ordering: .relaxed)
                gate.wait()
            }
            return HTTPResponse(status: 200)
        }
        try await withServer(handler) { _, port in
            do {
                let client = try RawClient(port: port, sending: "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
                await started.wait()
                withExtendedLifetime(client) {}
            }
            #expect(await eventually { isCancelled.load(ordering: .relaxed) })
            let other = try RawClient(port: port, sending: "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(await other.receive(upTo: "\r\n\r\n").hasPrefix("HTTP/1.1 200 "))
            gate.signal()
        }
    }

    @Test("a large answer whose reader is slow holds the budget until it is gone, and one that does not fit is refused")
    func largeAnswers() async throws {
        let budget = MemoryBudget(limit: 6 << 20)
        let handler = ClosureHandler { _ in
            HTTPResponse(status: 200, body: .bytes([UInt8](repeating: 0x61, count: 4 << 20)))
        }
        let server = HTTPServer(host: "127.0.0.1", port: 0, limits: .patient, budget: budget, handler: handler)
        let port = try await server.start()
        let request = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        let slow = try RawClient(port: port, receiveBufferBytes: 65_536, sending: request)
        #expect(await eventually { budget.used == 4 << 20 })
        let second = try RawClient(port: port, sending: request)
        #expect(await second.receive(upTo: "\r\n\r\n").hasPrefix("HTTP/1.1 503 "))
        let (bytes, _) = await slow.receive()
        #expect(bytes.count > 4 << 20)
        #expect(await eventually { budget.used == 0 })
        await server.stop()
    }

    @Test("messages of WebSockets are part of the budget; one for which there is no room is told 1013")
    func webSocketMessages() async throws {
        let budget = MemoryBudget(limit: 300_000)
        var limits = HTTPLimits.patient
        limits.lingerLimit = .milliseconds(100)
        let server = HTTPServer(host: "127.0.0.1", port: 0, limits: limits, budget: budget, handler: WebSocketClient.echo)
        let port = try await server.start()
        let first = try await WebSocketClient(port: port)
        await first.send(ClientFrame.bytes(1, [UInt8](repeating: 0x61, count: 200_000), isFinal: false))
        #expect(await eventually { budget.used >= 200_000 })
        let second = try await WebSocketClient(port: port)
        await second.send(ClientFrame.bytes(1, [UInt8](repeating: 0x61, count: 200_000), isFinal: false))
        let (bytes, isClosed) = await second.receive()
        #expect(isClosed && bytes.starts(with: [0x88]) && Array(bytes.dropFirst(2).prefix(2)) == [0x03, 0xF5])
        await first.send(ClientFrame.bytes(0, []))
        #expect(await first.receive { $0.count > 200_000 }.bytes.count > 200_000)
        #expect(await eventually { budget.used == 0 })
        await server.stop()
    }
}
