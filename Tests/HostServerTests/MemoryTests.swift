import HostCore
import HostGeneration
import HostHTTP
import HostRuntime
import Support
import Synchronization
import Testing

@testable import HostServer

@Suite("What requests hold of the memory budget")
struct MemoryTests {
    private static func client(limit: Int, _ script: ScriptedEngine.Script = .init()) -> (InMemoryClient, MemoryBudget) {
        let budget = MemoryBudget(limit: limit)
        return (InMemoryClient(script) { $0.memory = budget }, budget)
    }

    /// A body whose last field means nothing and holds so many small objects.
    private static func body(ignoring count: Int) -> String {
        let values = String(repeating: #"{"a":1},"#, count: count) + "0"
        return #"{"prompt":"a","max_tokens":2,"x":[\#(values)]}"#
    }

    @Test("a field that nobody reads costs nothing while the answer is written")
    func ignoredFields() async throws {
        let (client, budget) = Self.client(limit: 1 << 20)
        let bytes = Array(Self.body(ignoring: 100_000).utf8)
        let share = try #require(budget.reserve(bytes.count))
        let body = HTTPBody(bytes, share: share)
        let request = HTTPRequest(
            method: "POST", target: "/v1/completions", path: "/v1/completions",
            headers: HTTPHeaders([("Content-Type", "application/json")]), body: body)
        let response = await client.handler.respond(to: request)
        #expect(response.status == 200)
        #expect(body.take().isEmpty, "the bytes are gone")
        #expect(share.bytes < 100)
    }

    @Test("values that do not fit are refused with 503 and the time to come back, and what they took is free again")
    func values() async {
        let (client, budget) = Self.client(limit: 1 << 20)
        let messages = Array(repeating: #"{"role":"user","content":"a"}"#, count: 20_000).joined(separator: ",")
        let reply = await client.post("/v1/chat/completions", #"{"messages":[\#(messages)]}"#)
        #expect(reply.status == 503)
        #expect(reply.headers["Retry-After"] == "1")
        reply.expectEnvelope(code: "insufficient_memory")
        #expect(budget.used == 0)
        #expect(await client.post("/v1/completions", #"{"prompt":"a"}"#).status == 200)
    }

    @Test(
        "log-probabilities that could never be held are refused by name before anything is written",
        arguments: [
            ("/v1/completions", #"{"prompt":"a","n":16,"logprobs":256,"max_tokens":32768}"#, "logprobs"),
            ("/v1/completions", #"{"prompt":["a","b"],"best_of":64,"n":1,"logprobs":100,"max_tokens":32768}"#, "logprobs"),
            (
                "/v1/chat/completions", #"{"messages":[{"role":"user","content":"a"}],"n":64,"logprobs":true,"top_logprobs":20,"max_tokens":32768}"#,
                "top_logprobs"
            ),
        ])
    func scores(path: String, body: String, field: String) async {
        let (client, _) = Self.client(limit: 64 << 20)
        let reply = await client.post(path, body)
        #expect(reply.status == 400)
        reply.expectEnvelope(param: field)
        #expect(client.service.engine.requests.isEmpty)
    }

    @Test("an answer that outgrows the budget ends with 503 and frees it")
    func answers() async {
        let (client, budget) = Self.client(limit: 20_000, .init(answer: String(repeating: "word ", count: 5000)))
        let reply = await client.post("/v1/completions", #"{"prompt":"a","max_tokens":30000}"#)
        #expect(reply.status == 503)
        reply.expectEnvelope(code: "insufficient_memory")
        #expect(budget.used == 0)
    }

    @Test("an answer with many log-probabilities is written while it is sent, byte for byte as a whole one")
    func outline() async throws {
        let outline = JSONOutline.object([
            ("a", .value([1, "x"])), ("ä\"", .list([.value(nil), .elements(3) { .integer($0) }, .elements(0) { .integer($0) }])),
            ("long", .elements(20_000) { ["n": .integer($0)] }),
        ])
        let writer = Pieces()
        try await outline.write(to: writer)
        #expect(writer.bytes == outline.whole.encodedBytes())
        #expect(writer.count > 3)
        let many = #"{"prompt":"a","logprobs":200,"max_tokens":100}"#
        let reply = await InMemoryClient(.init(answer: String(repeating: "a", count: 80))).post("/v1/completions", many)
        let scores = try #require(try reply.json()["choices"]?.arrayValue?.first?["logprobs"])
        #expect(scores["tokens"]?.arrayValue?.count == 80)
        #expect(scores["top_logprobs"]?.arrayValue?.allSatisfy { $0.objectValue?.count ?? 0 > 50 } == true)
    }

    @Test(
        "a head that may not enter is refused without its body",
        arguments: [
            ("POST", "/nowhere", [("Content-Type", "application/json")], 404),
            ("POST", "/v1/models", [("Content-Type", "application/json")], 405),
            ("POST", "/v1/completions", [("Content-Type", "application/json"), ("Origin", "http://evil.example")], 403),
            ("POST", "/v1/completions", [("Content-Type", "application/json"), ("Host", "evil.example")], 403),
            ("POST", "/v1/completions", [("Content-Type", "text/plain"), ("Authorization", "Bearer key")], 415),
            ("POST", "/v1/completions", [("Content-Type", "application/json")], 401),
            ("POST", "/v1/internal/model/load", [("Content-Type", "application/json"), ("Authorization", "Bearer key")], 403),
        ])
    func heads(method: String, path: String, fields: [(String, String)], status: Int) {
        let client = InMemoryClient { configuration in
            configuration.apiKey = "key"
            configuration.adminKey = "admin"
        }
        let head = HTTPRequest(method: method, target: path, path: path, headers: HTTPHeaders(fields))
        #expect(client.handler.refusal(of: head)?.status == status)
    }

    @Test("a head that may enter is not refused")
    func openHead() {
        let head = HTTPRequest(
            method: "POST", target: "/v1/completions", path: "/v1/completions",
            headers: HTTPHeaders([("Content-Type", "application/json"), ("Host", "localhost")]))
        #expect(InMemoryClient().handler.refusal(of: head) == nil)
    }

    @Test("L14: no more replies of extensions run than there are places, and each gives its place back")
    func replies() throws {
        let replies = RunningReplies()
        let places = try (0..<RunningReplies.maximum).map { _ in try replies.takePlace() }
        #expect(throws: GenerationError.self) { try replies.takePlace() }
        replies.leave(places[7])
        _ = try replies.takePlace()
    }
}

private final class Pieces: HTTPBodyWriter {
    private let pieces = Mutex<[[UInt8]]>([])

    var bytes: [UInt8] { pieces.withLock { $0.flatMap { $0 } } }
    var count: Int { pieces.withLock { $0.count } }

    func write(_ bytes: [UInt8]) async throws(HTTPError) { pieces.withLock { $0.append(bytes) } }
}
