import HostCore
import HostHTTP
import HostServer
import Testing

@Suite("A host on its way out")
struct ShutdownTests {
    private static let work = [
        ("/v1/completions", #"{"prompt": "x"}"#), ("/v1/chat/completions", #"{"messages": [{"role": "user", "content": "x"}]}"#),
        ("/v1/messages", #"{"max_tokens": 1, "messages": [{"role": "user", "content": "x"}]}"#),
        ("/v1/embeddings", #"{"input": "x"}"#), ("/api/v1/generate", #"{"prompt": "x"}"#),
        ("/v1/internal/model/load", #"{"model_name": "demo.pth"}"#),
    ]

    @Test("in its grace it serves everything but says that it is not ready")
    func grace() async throws {
        let phase = HostPhase()
        let client = InMemoryClient { $0.phase = phase }
        #expect(await client.get("/health/ready").status == 200)
        phase.advance(to: .leaving)
        let ready = await client.get("/health/ready")
        #expect(ready.status == 503)
        #expect(try ready.json()["status"] == "stopping")
        for (path, body) in Self.work { #expect(await client.post(path, body).status == 200, "\(path)") }
    }

    @Test("F13: while it stops new work is refused with a time to come back, also before its body is read; it still lives")
    func stopping() async throws {
        let phase = HostPhase()
        let client = InMemoryClient { $0.phase = phase }
        phase.advance(to: .stopping)
        phase.advance(to: .leaving)
        for (path, body) in Self.work {
            let reply = await client.post(path, body)
            #expect(reply.status == 503 && reply.headers["Retry-After"] == "10", "\(path)")
            #expect(reply.headers["Connection"] == "close", "\(path)")
            let head = HTTPRequest(
                method: "POST", target: path, path: path, headers: HTTPHeaders([("Content-Type", "application/json")]))
            #expect(client.handler.refusal(of: head)?.status == 503)
        }
        await client.post("/v1/completions", #"{"prompt": "x"}"#).expectEnvelope(code: "shutting_down")
        #expect(await client.get("/health/ready").status == 503)
        for path in ["/health/live", "/health", "/v1/models", "/metrics"] { #expect(await client.get(path).status == 200, "\(path)") }
        #expect(await client.post("/v1/internal/stop-generation", "").status == 200)
    }
}
