import Testing

@testable import HostHTTP

@Suite("SystemPoller")
struct SystemPollerTests {
    @Test("a wake-up before or during a wait ends it")
    func wakes() async throws {
        let poller = try SystemPoller()
        defer { poller.close() }
        poller.wake()
        #expect(poller.wait(atMost: nil).isEmpty)
        #expect(poller.wait(atMost: .milliseconds(1)).isEmpty)
    }

    @Test("a waiting connection makes the listener readable until it is accepted")
    func readiness() async throws {
        let listeners = try Listeners.open(host: "127.0.0.1", port: 0)
        let listener = try #require(listeners.sockets.first)
        let poller = try SystemPoller()
        defer {
            poller.close()
            listener.close()
        }
        try poller.watch(listener, id: 7, for: .read)
        let client = try RawClient(port: listeners.port)
        for _ in 0..<2 {
            let events = poller.wait(atMost: .seconds(60))
            #expect(events.map(\.id) == [7])
            #expect(events.first?.readable == true)
        }
        guard case .connection(let accepted, let address) = listener.accept() else {
            Issue.record("nothing to accept")
            return
        }
        #expect(address.isLoopback)
        #expect(poller.wait(atMost: .milliseconds(1)).isEmpty)
        // With no interest at all, the end of the stream is still reported.
        try poller.watch(accepted, id: 8, for: [])
        await client.send("unread")
        client.closeWriting()
        let events = poller.wait(atMost: .seconds(60))
        #expect(events.first?.id == 8)
        #expect(events.first?.ended == true)
        poller.forget(accepted)
        accepted.close()
    }
}
