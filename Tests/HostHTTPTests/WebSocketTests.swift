import Foundation
import HostRuntime
import Synchronization
import Testing

@testable import HostHTTP

@Suite("WebSocket")
struct WebSocketTests {
    @Test(
        "SHA-1 gives the digests of FIPS 180",
        arguments: [
            ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"), ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
            ("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "84983e441c3bd26ebaae4aa1f95129e5e54670f1"),
            (String(repeating: "a", count: 1000), "291e9a6c66994949b57ba5e650361e98fc36b1ba"),
        ])
    func sha1(_ text: String, _ digest: String) {
        let hash = SHA1.hash(Array(text.utf8)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        #expect(hash == digest)
    }

    @Test(
        "Base64 gives the strings of RFC 4648",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ])
    func base64(_ text: String, _ encoded: String) {
        #expect(Base64.encoded(Array(text.utf8)) == encoded)
        #expect(Base64.isEncoded(encoded, byteCount: text.utf8.count))
        #expect(!Base64.isEncoded(encoded + "=", byteCount: text.utf8.count))
    }

    @Test("the key of RFC 6455 is answered as it says")
    func accept() {
        #expect(WebSocketHandshake.accept(key: "dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    }

    // MARK: Over a socket

    @Test("text comes back, a ping is answered, and closing closes in good order")
    func conversation() async throws {
        try await withServer(WebSocketClient.echo) { server, port in
            let client = try await WebSocketClient(port: port)
            await client.send(ClientFrame.bytes(1, Array("häl".utf8), isFinal: false) + ClientFrame.bytes(9, [1, 2]))
            await client.send(ClientFrame.bytes(0, Array("lo".utf8)))
            let expected = WebSocketFrame.pong([1, 2]) + WebSocketFrame.text("hällo")
            #expect(await client.receive { $0.count >= expected.count }.bytes == expected)
            await client.send(ClientFrame.bytes(8, [0x03, 0xE8]))
            let (bytes, isClosed) = await client.receive()
            #expect(bytes == WebSocketFrame.close(1000))
            #expect(isClosed)
            #expect(server.statistics.failedRequests == 0)
        }
    }

    @Test("a handler that returns closes with 1000, one that throws with 1011", arguments: [false, true])
    func handlerEnds(isThrowing: Bool) async throws {
        struct Broken: Error {}
        let handler = ClosureHandler { _ in
            HTTPResponse(
                status: 101,
                body: .webSocket { channel in
                    try await channel.send("bye")
                    if isThrowing { throw Broken() }
                })
        }
        try await withServer(handler) { _, port in
            let client = try RawClient(port: port)
            await client.send(WebSocketClient.handshake)
            let (bytes, isClosed) = await client.receive()
            let expected = WebSocketFrame.text("bye") + WebSocketFrame.close(isThrowing ? 1011 : 1000)
            #expect(bytes.suffix(expected.count).elementsEqual(expected))
            #expect(isClosed)
        }
    }

    @Test("a client that vanishes makes the handler's next call throw")
    func vanishes() async throws {
        let ending = Mutex<HTTPError?>(nil)
        let started = Latch()
        let handler = ClosureHandler { _ in
            HTTPResponse(
                status: 101,
                body: .webSocket { channel in
                    started.open()
                    do throws(HTTPError) {
                        _ = try await channel.receive()
                    } catch {
                        ending.withLock { $0 = error }
                        throw error
                    }
                })
        }
        try await withServer(handler) { server, port in
            do {
                let client = try await WebSocketClient(port: port)
                await started.wait()
                withExtendedLifetime(client) {}
            }
            #expect(await eventually { ending.withLock { $0 } == .disconnected })
            #expect(await eventually { server.statistics.openConnections == 0 })
        }
    }

    @Test("more messages than the handler takes wait, and none is lost")
    func backPressure() async throws {
        let gate = Latch()
        let handler = ClosureHandler { _ in
            HTTPResponse(
                status: 101,
                body: .webSocket { channel in
                    await gate.wait()
                    for _ in 0..<500 {
                        if case .text(let text)? = try await channel.receive() { try await channel.send(text) }
                    }
                })
        }
        try await withServer(handler) { _, port in
            let client = try await WebSocketClient(port: port)
            for number in 0..<500 { await client.send(ClientFrame.bytes(1, Array("\(number)".utf8))) }
            gate.open()
            let expected = (0..<500).flatMap { WebSocketFrame.text("\($0)") } + WebSocketFrame.close(1000)
            #expect(await client.receive { $0.count >= expected.count }.bytes == expected)
        }
    }

    private static let brokenFrames: [(bytes: [UInt8], code: UInt16)] = [
        ([0x81, 0x01, 0x61], 1002), (ClientFrame.bytes(1, [0xFF]), 1007), (ClientFrame.bytes(3, []), 1002),
        (ClientFrame.bytes(0, []), 1002), (ClientFrame.bytes(1, [UInt8](repeating: 0x61, count: 2000)), 1009),
    ]

    @Test("a broken frame closes with its code every time, whatever the handler makes of it", arguments: brokenFrames)
    func broken(_ frame: (bytes: [UInt8], code: UInt16)) async throws {
        var limits = HTTPLimits.patient
        limits.webSocketMessageBytes = 1000
        try await withServer(WebSocketClient.echo, limits: limits) { server, port in
            for round in 0..<200 {
                let client = try await WebSocketClient(port: port)
                // A handler that waits, and one that has just been given something to do.
                await client.send((round % 2 == 0 ? [] : ClientFrame.bytes(2, [1])) + frame.bytes)
                let (bytes, isClosed) = await client.receive()
                #expect(bytes == WebSocketFrame.close(frame.code), "round \(round)")
                #expect(isClosed)
            }
            #expect(server.statistics.failedRequests == 200)
        }
    }

    @Test("a client's own code comes back every time, also from a handler that is just ending")
    func ownCode() async throws {
        try await withServer(WebSocketClient.echo) { _, port in
            for round in 0..<200 {
                let client = try await WebSocketClient(port: port)
                await client.send(ClientFrame.bytes(2, [1]) + ClientFrame.bytes(8, [0x0F, 0xA0]))
                let (bytes, isClosed) = await client.receive()
                #expect(bytes == WebSocketFrame.close(4000), "round \(round)")
                #expect(isClosed)
            }
        }
    }

    @Test("there is one closing frame, whichever end is first")
    func oneClosingFrame() async throws {
        let handler = ClosureHandler { _ in
            HTTPResponse(status: 101, body: .webSocket { channel in _ = try await channel.receive() })
        }
        try await withServer(handler) { _, port in
            for _ in 0..<200 {
                let client = try await WebSocketClient(port: port)
                await client.send(ClientFrame.bytes(2, [1]) + ClientFrame.bytes(3, []))
                let (bytes, isClosed) = await client.receive()
                #expect([WebSocketFrame.close(1000), WebSocketFrame.close(1002)].contains(bytes))
                #expect(isClosed)
            }
        }
    }

    @Test("a flood of pings is answered by few pongs, the last ping among them, and holds up nobody")
    func pingFlood() async throws {
        try await withServer(WebSocketClient.echo) { server, port in
            let client = try await WebSocketClient(port: port)
            let flood = (0..<50_000).flatMap { ClientFrame.bytes(9, [UInt8($0 & 0xFF)]) } + ClientFrame.bytes(9, [7, 7, 7])
            async let sent: Void = client.send(flood + ClientFrame.bytes(1, Array("end".utf8)))
            let other = try await WebSocketClient(port: port)
            await other.send(ClientFrame.bytes(1, [0x61]))
            #expect(await other.receive { $0.count >= 3 }.bytes == WebSocketFrame.text("a"))
            let end = WebSocketFrame.pong([7, 7, 7]) + WebSocketFrame.text("end")
            let (bytes, _) = await client.receive { $0.suffix(end.count).elementsEqual(end) }
            await sent
            #expect(bytes.suffix(end.count).elementsEqual(end))
            #expect(bytes.count < 50_000)
        }
    }

    @Test(
        "a request without a sound handshake is refused",
        arguments: [
            ("Upgrade: WebSocket\r\n", "", 426), ("13", "12", 426), ("dGhlIHNhbXBsZSBub25jZQ==", "short", 400),
            ("GET", "POST", 426), ("HTTP/1.1", "HTTP/1.0", 426),
        ])
    func badHandshake(_ part: String, _ replacement: String, _ status: Int) async throws {
        try await withServer(WebSocketClient.echo) { _, port in
            let client = try RawClient(port: port)
            await client.send(WebSocketClient.handshake.replacingOccurrences(of: part, with: replacement))
            let (text, isClosed) = await client.receiveAll()
            #expect(isClosed)
            #expect(text.hasPrefix("HTTP/1.1 \(status) "))
        }
    }
}

/// Frames as a client sends them: masked.
enum ClientFrame {
    static func bytes(_ opcode: UInt8, _ payload: [UInt8], isFinal: Bool = true) -> [UInt8] {
        var frame: [UInt8] = [(isFinal ? 0x80 : 0) | opcode]
        switch payload.count {
        case ..<126: frame.append(0x80 | UInt8(payload.count))
        case ..<65_536: frame += [0x80 | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
        default: frame += [0x80 | 127] + (0..<8).map { UInt8(payload.count >> (56 - 8 * $0) & 0xFF) }
        }
        let mask: [UInt8] = [0x12, 0x34, 0x56, 0x78]
        return frame + mask + payload.enumerated().map { $1 ^ mask[$0 & 3] }
    }
}
