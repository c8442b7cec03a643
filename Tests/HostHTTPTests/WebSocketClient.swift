import Synchronization
import Testing

@testable import HostHTTP

/// A connection that has become a WebSocket; frames are sent and received as bytes.
final class WebSocketClient: Sendable {
    static let handshake =
        "GET /s HTTP/1.1\r\nHost: x\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n"
        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"

    /// Answers each text with itself until the other end closes.
    static let echo = ClosureHandler { _ in
        HTTPResponse(
            status: 101,
            body: .webSocket { channel in
                while let message = try await channel.receive() {
                    if case .text(let text) = message { try await channel.send(text) }
                }
            })
    }

    private let client: RawClient
    /// What came with the head.
    private let early: Mutex<[UInt8]>

    /// Connects, and sends first frames together with the handshake.
    init(port: Int, sending frames: [UInt8] = []) async throws {
        client = try RawClient(port: port)
        await client.send(Array(Self.handshake.utf8) + frames)
        let end = Array("\r\n\r\n".utf8)
        let bytes = await client.receive { $0.firstRange(of: end) != nil }.bytes
        let head = bytes.firstRange(of: end)?.upperBound ?? bytes.count
        early = Mutex(Array(bytes[head...]))
        let text = String(decoding: bytes[..<head], as: UTF8.self)
        #expect(text.hasPrefix("HTTP/1.1 101 Switching Protocols\r\n"))
        #expect(text.contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"))
    }

    func send(_ bytes: some Sequence<UInt8>) async { await client.send(Array(bytes)) }

    func receive(
        within timeout: Duration = .seconds(180), until isEnough: @escaping @Sendable ([UInt8]) -> Bool = { _ in false }
    ) async -> (bytes: [UInt8], isClosed: Bool) {
        let start = early.withLock { early in
            defer { early = [] }
            return early
        }
        if isEnough(start) { return (start, false) }
        let (bytes, isClosed) = await client.receive(within: timeout) { isEnough(start + $0) }
        return (start + bytes, isClosed)
    }
}
