import HostRuntime
import Synchronization
import Testing

@testable import HostHTTP

@Suite("Deadlines of WebSockets")
struct WebSocketDeadlineTests {
    /// Code and reason of the last closing frame in what a client received, after the frames before it.
    private func closing(_ bytes: [UInt8], after frames: [UInt8] = []) -> (code: Int, reason: String)? {
        guard bytes.count >= frames.count + 4, bytes.starts(with: frames), bytes[frames.count] == 0x88 else { return nil }
        let payload = bytes[(frames.count + 2)...]
        guard payload.count == Int(bytes[frames.count + 1]) else { return nil }
        let code = payload.prefix(2).reduce(0) { $0 << 8 | Int($1) }
        return (code, String(decoding: payload.dropFirst(2), as: UTF8.self))
    }

    @Test(
        "one without a message is closed with 1001 and a reason, and its handler sees an orderly end",
        arguments: [
            false, true,
        ])
    func idle(pings: Bool) async throws {
        var limits = HTTPLimits.patient
        limits.idleLimit = .milliseconds(300)
        let sawTheEnd = Latch()
        let handler = ClosureHandler { _ in
            HTTPResponse(
                status: 101,
                body: .webSocket { channel in
                    if try await channel.receive() == nil { sawTheEnd.open() }
                })
        }
        try await withServer(handler, limits: limits) { _, port in
            let client = try await WebSocketClient(port: port)
            var answer: (bytes: [UInt8], isClosed: Bool) = ([], false)
            for _ in 0..<1000 where !answer.isClosed {
                if pings { await client.send(ClientFrame.bytes(9, [])) }
                let more = await client.receive(within: .milliseconds(50))
                answer = (answer.bytes + more.bytes, more.isClosed)
            }
            #expect(answer.isClosed)
            while answer.bytes.starts(with: WebSocketFrame.pong([])) { answer.bytes.removeFirst(2) }
            let frame = try #require(closing(answer.bytes))
            #expect(frame.code == 1001 && frame.reason.contains("connect again"))
            await sawTheEnd.wait()
        }
    }

    @Test("silence counts from the last answer, and a handler at work is not silent")
    func busy() async throws {
        var limits = HTTPLimits.patient
        limits.idleLimit = .milliseconds(300)
        let handler = ClosureHandler { _ in
            HTTPResponse(
                status: 101,
                body: .webSocket { channel in
                    while try await channel.receive() != nil {
                        try await Task.sleep(for: .milliseconds(1000))
                        try await channel.send("late")
                    }
                })
        }
        try await withServer(handler, limits: limits) { _, port in
            let start = ContinuousClock.now
            let client = try await WebSocketClient(
                port: port, sending: ClientFrame.bytes(1, [0x61]) + ClientFrame.bytes(1, [0x62]))
            let (bytes, isClosed) = await client.receive()
            #expect(isClosed)
            #expect(closing(bytes, after: WebSocketFrame.text("late") + WebSocketFrame.text("late"))?.code == 1001)
            #expect(ContinuousClock.now - start >= .milliseconds(2300))
        }
    }

    /// Beginnings of a message, and what goes on and on without completing it.
    private static let drips: [(start: [UInt8], piece: [UInt8])] = [
        // A payload byte by byte, a header byte by byte, a control frame's payload.
        ([0x81, 0xFE, 0xFF, 0xFF, 0, 0, 0, 0], [0x61]), ([], [0x81]), ([0x89, 0xFD, 0, 0, 0, 0], [0x61]),
        // Fragments, empty ones and with pings between them.
        (ClientFrame.bytes(1, [0x61], isFinal: false), ClientFrame.bytes(0, [], isFinal: false)),
        (ClientFrame.bytes(2, [], isFinal: false), ClientFrame.bytes(0, [1], isFinal: false) + ClientFrame.bytes(9, [])),
    ]

    @Test("a message that comes in drips is closed with 1008 and a reason at its total deadline", arguments: drips)
    func drip(_ drip: (start: [UInt8], piece: [UInt8])) async throws {
        var limits = HTTPLimits.patient
        limits.bodyDeadline = .milliseconds(300)
        let isBroken = Latch()
        let handler = ClosureHandler { _ in
            HTTPResponse(
                status: 101,
                body: .webSocket { channel in
                    do throws(HTTPError) { _ = try await channel.receive() } catch { isBroken.open() }
                })
        }
        try await withServer(handler, limits: limits) { server, port in
            let client = try await WebSocketClient(port: port)
            let start = ContinuousClock.now
            await client.send(drip.start)
            var answer: (bytes: [UInt8], isClosed: Bool) = ([], false)
            for number in 0..<1000 where !answer.isClosed {
                // The header that drips is that of a frame with the longest length form.
                let header: [UInt8] = [0x82, 0xFF, 0, 0, 0, 0, 0, 0]
                await client.send(drip.start.isEmpty ? (number < header.count ? [header[number]] : []) : drip.piece)
                let more = await client.receive(within: .milliseconds(30))
                answer = (answer.bytes + more.bytes, more.isClosed)
            }
            #expect(answer.isClosed)
            while answer.bytes.starts(with: WebSocketFrame.pong([])) { answer.bytes.removeFirst(2) }
            let frame = try #require(closing(answer.bytes))
            #expect(frame.code == 1008 && frame.reason.contains("in time"))
            #expect(ContinuousClock.now - start >= .milliseconds(300))
            #expect(server.statistics.failedRequests == 1)
            await isBroken.wait()
        }
    }

    @Test("received bytes earn a slow message more time, and every message has its own")
    func slowMessages() async throws {
        var limits = HTTPLimits.patient
        limits.bodyDeadline = .milliseconds(1000)
        limits.bodyBytesPerSecond = 1
        try await withServer(WebSocketClient.echo, limits: limits) { _, port in
            let client = try await WebSocketClient(port: port)
            let text = String(repeating: "a", count: 600)
            let frame = ClientFrame.bytes(1, Array(text.utf8))
            await client.send(frame.dropLast(1))
            try await Task.sleep(for: .milliseconds(1300))
            // The end of one and the beginning of the next, at the same time.
            await client.send(frame.suffix(1) + frame.dropLast(1))
            try await Task.sleep(for: .milliseconds(1300))
            await client.send(Array(frame.suffix(1)))
            let expected = WebSocketFrame.text(text) + WebSocketFrame.text(text)
            #expect(await client.receive { $0.count >= expected.count }.bytes == expected)
        }
    }

    @Test("messages that wait for the handler are not late")
    func fullInbox() async throws {
        var limits = HTTPLimits.patient
        limits.bodyDeadline = .milliseconds(200)
        let gate = Latch()
        let handler = ClosureHandler { _ in
            HTTPResponse(
                status: 101,
                body: .webSocket { channel in
                    await gate.wait()
                    for _ in 0..<40 { _ = try await channel.receive() }
                    try await channel.send("all")
                })
        }
        try await withServer(handler, limits: limits) { _, port in
            let client = try await WebSocketClient(port: port)
            await client.send((0..<40).flatMap { ClientFrame.bytes(1, [UInt8($0)]) })
            try await Task.sleep(for: .milliseconds(600))
            gate.open()
            let expected = WebSocketFrame.text("all") + WebSocketFrame.close(1000)
            #expect(await client.receive { $0.count >= expected.count }.bytes == expected)
        }
    }

    @Test("a client that never answers the closing frame is cut all the same")
    func lingering() async throws {
        var limits = HTTPLimits.patient
        limits.idleLimit = .milliseconds(100)
        limits.lingerLimit = .milliseconds(100)
        try await withServer(WebSocketClient.echo, limits: limits) { server, port in
            let client = try await WebSocketClient(port: port)
            #expect(await eventually { server.statistics.openConnections == 0 })
            withExtendedLifetime(client) {}
        }
    }

    @Test("one whose client does not read is cut at the deadline of writing, although it pings")
    func stalledReader() async throws {
        var limits = HTTPLimits.patient
        limits.writeStallLimit = .milliseconds(300)
        let ending = Mutex<HTTPError?>(nil)
        let handler = ClosureHandler { _ in
            HTTPResponse(
                status: 101,
                body: .webSocket { channel in
                    do throws(HTTPError) {
                        while true { try await channel.send(String(repeating: "a", count: 50_000)) }
                    } catch {
                        ending.withLock { $0 = error }
                    }
                })
        }
        try await withServer(handler, limits: limits) { server, port in
            let client = try await WebSocketClient(port: port)
            for _ in 0..<1000 where server.statistics.stalls == 0 {
                await client.send(ClientFrame.bytes(9, []))
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(await eventually { ending.withLock { $0 } == .stalled })
            #expect(await eventually { server.statistics.openConnections == 0 })
        }
    }

    @Test("when the server stops, a silent one is closed with 1001 at once, a busy one after its answer")
    func stopping() async throws {
        let started = Latch()
        let gate = Latch()
        let handler = ClosureHandler { _ in
            HTTPResponse(
                status: 101,
                body: .webSocket { channel in
                    while try await channel.receive() != nil {
                        started.open()
                        await gate.wait()
                        try await channel.send("whole")
                    }
                })
        }
        let server = HTTPServer(host: "127.0.0.1", port: 0, limits: .patient, handler: handler)
        let port = try await server.start()
        let (silent, busy) = (try await WebSocketClient(port: port), try await WebSocketClient(port: port))
        await busy.send(ClientFrame.bytes(1, [0x61]))
        await started.wait()
        let stop = Task { await server.stop(drain: .seconds(120)) }
        let (bytes, isClosed) = await silent.receive()
        #expect(closing(bytes)?.code == 1001 && isClosed)
        gate.open()
        #expect(closing(await busy.receive().bytes, after: WebSocketFrame.text("whole"))?.code == 1001)
        await stop.value
    }
}
