import HostCore
import HostGeneration
import HostHTTP
import Synchronization
import Testing

@testable import HostServer

@Suite("The access log")
struct AccessLogTests {
    private final class Entries: Sendable {
        private let entries = Mutex<[AccessEntry]>([])
        var last: AccessEntry? { entries.withLock { $0.last } }
        var count: Int { entries.withLock { $0.count } }
        func add(_ entry: AccessEntry) { entries.withLock { $0.append(entry) } }
    }

    private func client(_ script: ScriptedEngine.Script = .init()) -> (InMemoryClient, Entries) {
        let entries = Entries()
        return (InMemoryClient(script) { $0.accessLog = { entries.add($0) } }, entries)
    }

    private func member(_ name: String, _ entry: AccessEntry?) -> JSONValue? { entry?.members.first { $0.0 == name }?.1 }

    @Test(
        "W14: an answer has one line, at its end, with tokens, times and outcome",
        arguments: [
            #"{"prompt": "abc", "max_tokens": 3}"#, #"{"prompt": "abc", "max_tokens": 3, "stream": true}"#,
        ])
    func text(body: String) async throws {
        let (client, entries) = client()
        let reply = await client.post("/v1/completions", body, headers: [("X-Request-Id", "mine")])
        let entry = try #require(entries.last)
        #expect(entries.count == 1)
        #expect(member("request_id", entry) == "mine" && member("status", entry) == 200)
        #expect(member("prompt_tokens", entry) == 3 && member("cached_tokens", entry) == 1)
        #expect(member("completion_tokens", entry) == 3 && member("model", entry) == "demo.pth")
        #expect(member("bytes", entry) == .integer(reply.bytes.count) && entry.outcome == .done)
        #expect(member("time_to_first_token", entry)?.doubleValue ?? -1 >= 0)
        #expect(entry.text.hasPrefix("POST /v1/completions 200 ") && entry.text.contains(" tokens=3+3 "))
        #expect(entry.text.hasSuffix(" done"))
    }

    @Test("several texts of one prompt count it once")
    func choices() async {
        let (client, entries) = client()
        _ = await client.post("/v1/completions", #"{"prompt": "abc", "max_tokens": 2, "n": 3}"#)
        #expect(member("prompt_tokens", entries.last) == 3 && member("completion_tokens", entries.last) == 6)
    }

    @Test("a refusal, a text that breaks off, and a client that leaves are told apart")
    func outcomes() async throws {
        let (client, entries) = client()
        _ = await client.post("/v1/completions", "{")
        #expect(entries.last?.outcome == .error && member("status", entries.last) == 400)
        _ = await client.get("/v1/models")
        #expect(entries.last?.outcome == .done && member("model", entries.last) == nil)
        client.service.engine.edit { $0.failsAfter = 2 }
        let reply = await client.post("/v1/completions", #"{"prompt": "x", "stream": true}"#)
        #expect(reply.isCut && entries.last?.outcome == .error && member("completion_tokens", entries.last) == 2)

        client.service.engine.edit { $0.failsAfter = nil }
        let response = await client.handler.respond(
            to: HTTPRequest(
                method: "POST", target: "/v1/completions", path: "/v1/completions",
                headers: HTTPHeaders([("Content-Type", "application/json")]),
                body: HTTPBody(Array(#"{"prompt": "x", "stream": true}"#.utf8))))
        response.ended?(HTTPEnd(.left, bytes: 100))
        #expect(entries.last?.outcome == .left && member("status", entries.last) == 200)
        response.ended?(HTTPEnd(.left, bytes: 0))
        #expect(member("status", entries.last) == 499)
    }

    @Test("M17: bytes that never became a request have an id in answer and log")
    func parserFailures() throws {
        let (client, entries) = client()
        let response = client.handler.answer(to: HTTPFailure(431, "too large"), from: "10.0.0.1")
        let id = try #require(response.headers["X-Request-Id"])
        response.ended?(HTTPEnd(.done, bytes: 9))
        #expect(member("request_id", entries.last) == .string(id) && member("status", entries.last) == 431)
        #expect(member("remote_address", entries.last) == "10.0.0.1" && entries.last?.outcome == .error)
        #expect(response.headers["Content-Type"] == "application/json" && response.status == 431)
    }
}
