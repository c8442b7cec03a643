import HostCore
import HostGeneration
import HostHTTP
import HostHub
import HostServer
import Synchronization
import Testing

@Suite("Routes for those who watch the host")
struct OperationRouteTests {
    @Test("metrics count what was asked, in lines that Prometheus reads, with routes and not paths as labels")
    func metrics() async throws {
        let client = InMemoryClient()
        client.service.edit {
            $0.counters.engines = [.init(model: "demo.pth", load: EngineLoad(running: 2, waiting: 3, waitingTokens: 40))]
            $0.counters.loads.ready = 5
        }
        _ = await client.post("/v1/completions", #"{"prompt": "abc", "max_tokens": 4}"#)
        for number in 0..<5 { _ = await client.get("/v1/models/name-\(number)") }
        _ = await client.get("/no/such/route")
        let reply = await client.get("/metrics")
        #expect(reply.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8")
        for line in [
            #"modelhost_requests_total{method="POST",route="/v1/completions",status="200"} 1"#,
            #"modelhost_requests_total{method="GET",route="/v1/models/{id}",status="404"} 5"#,
            #"modelhost_requests_total{method="GET",route="other",status="404"} 1"#,
            #"modelhost_request_outcomes_total{outcome="done"} 1"#, #"modelhost_prompt_tokens_total{model="demo.pth"} 3"#,
            #"modelhost_cached_prompt_tokens_total{model="demo.pth"} 1"#,
            #"modelhost_generated_tokens_total{model="demo.pth"} 4"#,
            #"modelhost_time_to_first_token_seconds_count{model="demo.pth"} 1"#,
            #"modelhost_inter_token_seconds_bucket{model="demo.pth",le="+Inf"} 3"#,
            #"modelhost_requests_running{model="demo.pth"} 2"#, #"modelhost_prompt_tokens_waiting{model="demo.pth"} 40"#,
            #"modelhost_model_loads_total{outcome="ready"} 5"#, "modelhost_ready 1", "modelhost_connections_open 0",
        ] {
            #expect(reply.text.split(separator: "\n").contains(line[...]), "\(line)")
        }
        // Every sample has its type, and every line is a comment or a sample.
        let types = Set(reply.text.matches(of: #/# TYPE (\w+) /#).map { String($0.output.1) })
        for line in reply.text.split(separator: "\n") where !line.hasPrefix("#") {
            let name = String(line.prefix { $0 != "{" && $0 != " " })
            let base = name.replacing(/_(bucket|sum|count)$/, with: "")
            #expect(types.contains(name) || types.contains(base), "\(line)")
        }
    }

    @Test("props and slots are what clients of llama.cpp read")
    func llama() async throws {
        let client = InMemoryClient(promptFormat: PromptFormat(chatTemplate: "{{ x }}")) {
            $0.contextLength = 4096
            $0.maxRunning = 3
        }
        client.service.edit { $0.counters.engines = [.init(model: "demo.pth", load: EngineLoad(running: 2))] }
        let props = try await client.get("/props").json()
        #expect(props["default_generation_settings"]?["n_ctx"] == 4096 && props["total_slots"] == 3)
        #expect(props["chat_template"] == "{{ x }}" && props["model_path"] == "demo.pth" && props["is_sleeping"] == false)
        #expect(props["modalities"] == ["vision": false, "audio": false])
        let slots = try await client.get("/slots").json().arrayValue ?? []
        #expect(slots.map { $0["id"] } == [0, 1, 2] && slots.map { $0["is_processing"] } == [true, true, false])
        client.service.edit { $0.counters.engines = [.init(model: "demo.pth", load: EngineLoad(running: 3))] }
        let full = await client.handler.respond(
            to: HTTPRequest(
                method: "GET", target: "/slots?fail_on_no_slot=1", path: "/slots", query: [("fail_on_no_slot", "1")]))
        #expect(full.status == 503)
    }

    @Test("the context length is told in every field that programs read, as the host's own limit")
    func contextLength() async throws {
        let client = InMemoryClient { $0.contextLength = 5000 }
        for path in ["/v1/models/demo", "/models/demo.pth"] {
            let model = try await client.get(path).json()
            for field in ["max_model_len", "context_length", "context_window", "max_context_length", "loaded_context_length"] {
                #expect(model[field] == 5000, "\(field)")
            }
            #expect(model["meta"]?["n_ctx"] == 5000 && model["meta"]?["n_ctx_train"] == 5000)
        }
        #expect(try await client.get("/v1/models/folder/other").json()["loaded_context_length"] == .null)
        #expect(try await client.get("/v1/internal/model/info").json()["context_length"] == 5000)
    }

    @Test(
        "nothing of the page, of health or for those who watch asks for a model",
        arguments: [
            "/", "/page/app.js", "/v1/internal/page", "/health", "/health/ready", "/metrics", "/props",
            "/slots", "/v1/models", "/v1/models/demo",
            "/v1/internal/status", "/v1/internal/model/info", "/v1/internal/model/list",
        ])
    func loadsNothing(path: String) async {
        let client = InMemoryClient()
        client.service.edit { ($0.current, $0.asleep) = (nil, "demo.pth") }
        #expect(await client.get(path).status == 200)
        #expect(client.service.now.leases == 0)
    }

    @Test("a model that sleeps is ready and keeps its name")
    func asleep() async throws {
        let client = InMemoryClient()
        client.service.edit { ($0.current, $0.asleep) = (nil, "demo.pth") }
        #expect(try await client.get("/health/ready").json()["asleep"] == "demo.pth")
        let info = try await client.get("/v1/internal/model/info").json()
        #expect(info["model_name"] == "demo.pth" && info["asleep"] == true)
        #expect(try await client.get("/props").json()["is_sleeping"] == true)
        #expect(try await client.get("/v1/internal/status").json()["asleep"] == true)
    }

    @Test("a load is cancelled by name or with all others, and the answer names those that were")
    func cancel() async throws {
        let client = InMemoryClient()
        let loading = ServiceStatus.Loading(id: "demo.pth", progress: LoadProgress(completedBytes: 1, totalBytes: 4))
        for body in [#"{"model_name": "demo.pth"}"#, ""] {
            client.service.edit { $0.loading = loading }
            let reply = await client.post("/v1/internal/model/cancel", body)
            #expect(try reply.json() == ["cancelled": ["demo.pth"]])
        }
        #expect(try await client.post("/v1/internal/model/cancel", "").json() == ["cancelled": []])
        #expect(await client.post("/v1/internal/model/cancel", #"{"model_name": "none"}"#).status == 404)
    }

    @Test("events give the present state, then each change, and end when the host does")
    func events() async throws {
        let phase = HostPhase()
        let client = InMemoryClient { $0.phase = phase }
        let events = try #require(await RunningEvents(of: client))
        await events.wait(for: "event: status")
        #expect(events.text.all.hasPrefix("event: models\ndata: {\"type\": \"models\""))
        client.service.edit {
            $0.loading = .init(id: "folder/other", progress: LoadProgress(completedBytes: 1, totalBytes: 4))
        }
        await events.wait(for: "\"progress\": 0.25")
        client.service.edit {
            $0.loading = nil
            $0.lastLoad = .init(number: 1, id: "folder/other", outcome: .failed, problem: "is cut")
        }
        await events.wait(for: "\"state\": \"failed\", \"error\": \"is cut\"")
        client.service.edit { $0.current = "folder/other" }
        await events.wait(for: "{\"id\": \"folder/other\", \"state\": \"ready\"}")
        phase.advance(to: .stopping)
        await events.wait(for: "event: end")
        try await events.stream.value
    }

    @Test("a change in the model folder and a download are told, and the folder is not listed again and again")
    func folderEvents() async throws {
        let phase = HostPhase(), (changes, change) = AsyncStream.makeStream(of: Void.self)
        var hub = Hub(modelFolder: "models", environment: [:])
        hub.openTransport = { () throws(HubError) in throw HubError(.noTransport, "libcurl", "is not here") }
        let desk = PullDesk(hub: hub)
        let client = InMemoryClient {
            ($0.phase, $0.pulls, $0.modelChanges) = (phase, desk, { changes })
        }
        let events = try #require(await RunningEvents(of: client))
        await events.wait(for: "event: status")
        client.service.edit { $0.available.append("late.pth") }
        try await Task.sleep(for: .seconds(1))
        #expect(!events.text.all.contains("late.pth"))
        change.yield()
        await events.wait(for: #"{"id": "late.pth", "state": "available"}"#)
        _ = try desk.begin(PullOrder("a/b"))
        await events.wait(for: "event: pull\ndata: {\"type\": \"pull\", \"id\": \"pull-1\", \"repo\": \"a/b\"")
        await events.wait(for: #""state": "failed""#)
        phase.advance(to: .stopping)
        try await events.stream.value
    }

    /// The host's events as they come.
    private struct RunningEvents {
        let text = EventText()
        let stream: Task<Void, any Error>

        /// Nil where the answer is not a stream.
        init?(of client: InMemoryClient) async {
            let response = await client.handler.respond(
                to: HTTPRequest(method: "GET", target: "/v1/internal/events", path: "/v1/internal/events"))
            guard case .stream(let write) = response.body else { return nil }
            let text = text
            stream = Task { try await write(text) }
        }

        func wait(for words: String) async {
            for _ in 0..<2000 where !text.all.contains(words) { try? await Task.sleep(for: .milliseconds(5)) }
            #expect(text.all.contains(words), "\(text.all)")
        }
    }

    private final class EventText: HTTPBodyWriter {
        private let text = Mutex("")
        var all: String { text.withLock { $0 } }
        func write(_ bytes: [UInt8]) async throws(HTTPError) { text.withLock { $0 += String(decoding: bytes, as: UTF8.self) } }
    }
}
