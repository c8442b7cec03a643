import HostCore
import HostGeneration
import HostHTTP
import Synchronization
import Testing

@testable import HostServer

@Suite("Server-sent events")
struct EventStreamTests {
    private final class Writer: HTTPBodyWriter {
        let text = Mutex("")
        let failsAfter: Int

        init(failsAfter: Int = .max) { self.failsAfter = failsAfter }

        func write(_ bytes: [UInt8]) async throws(HTTPError) {
            let count = text.withLock { text in
                text += String(decoding: bytes, as: UTF8.self)
                return text.count
            }
            if count > failsAfter { throw .disconnected }
        }
    }

    private func context(heartbeat: Duration) -> EndpointContext { .forTests { $0.heartbeat = heartbeat } }

    private func run(_ response: HTTPResponse, _ writer: Writer) async throws {
        guard case .stream(let body) = response.body else {
            Issue.record("no stream")
            return
        }
        try await body(writer)
    }

    @Test("silence is filled with comments until the first event")
    func heartbeat() async throws {
        let writer = Writer()
        let response = HTTPResponse.events(in: context(heartbeat: .milliseconds(5))) { events in
            while !writer.text.withLock({ $0.contains(": ping\n\n: ping") }) { try await Task.sleep(for: .milliseconds(1)) }
            try await events.send(["a": 1])
        }
        try await run(response, writer)
        let text = writer.text.withLock { $0 }
        #expect(text.hasPrefix(": ping\n\n"))
        #expect(text.hasSuffix("data: {\"a\": 1}\n\ndata: [DONE]\n\n"))
    }

    @Test("a client that has gone gets no error event")
    func disconnected() async throws {
        let writer = Writer(failsAfter: 20)
        let response = HTTPResponse.events(in: context(heartbeat: .seconds(60))) { events in
            for number in 0..<10 { try await events.send(["number": .integer(number)]) }
        }
        await #expect(throws: HTTPError.disconnected) { try await run(response, writer) }
        #expect(!writer.text.withLock { $0.contains("error") })
    }
}
