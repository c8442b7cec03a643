import HostRuntime
import Testing

@testable import HostHTTP

@Suite("Bytes between a task and its connection")
struct ResponseChannelTests {
    private let poller: SystemPoller
    private let channel: ResponseChannel

    init() throws {
        poller = try SystemPoller()
        channel = ResponseChannel(connection: 1, mailbox: Mailbox(poller: poller), highWater: 4)
    }

    /// Writes ten bytes, of which the connection sends `count` before it ends; with fewer than seven of them the write waits.
    private func write(sending count: Int, thenFailing error: HTTPError) async -> HTTPError? {
        defer { poller.close() }
        let channel = channel
        let writer = Task { () -> HTTPError? in
            do throws(HTTPError) {
                try await channel.write(Array(repeating: 1, count: 10))
                return nil
            } catch {
                return error
            }
        }
        #expect(await eventually { channel.take().bytes.count == 10 })
        channel.sent(count)
        channel.fail(error)
        return await writer.value
    }

    @Test("a write whose bytes have all been sent succeeds, also when the client is gone by then")
    func sentBeforeTheEnd() async {
        #expect(await write(sending: 10, thenFailing: .disconnected) == nil)
        #expect(channel.loss == nil)
        #expect(throws: HTTPError.disconnected) { try channel.send([2]) }
        channel.end(.keepAlive, with: [3])
        #expect(channel.loss == nil)
        #expect(channel.totalBytes == 10)
    }

    @Test("a write whose bytes were lost says why", arguments: [0, 3])
    func lost(sent count: Int) async {
        #expect(await write(sending: count, thenFailing: .stalled) == .stalled)
        #expect(channel.loss == .stalled)
    }

    @Test("the last bytes come with the end, and nothing after them")
    func end() {
        defer { poller.close() }
        channel.end(.close, with: [1, 2])
        channel.end(.keepAlive, with: [3])
        let (bytes, end) = channel.take()
        #expect(bytes == [1, 2])
        #expect(end == .close)
        #expect(throws: HTTPError.disconnected) { try channel.send([4]) }
    }
}
