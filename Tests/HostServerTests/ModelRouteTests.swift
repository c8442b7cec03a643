import HostCore
import HostGeneration
import HostHTTP
import HostServer
import Testing

@Suite("Models: list, choose, load, unload")
struct ModelRouteTests {
    @Test("all models that can serve are listed, the loaded first", arguments: ["/v1/models", "/models"])
    func list(path: String) async throws {
        let client = InMemoryClient()
        client.service.edit { $0.current = "folder/other" }
        let json = try await client.get(path).json()
        #expect(json["object"] == "list")
        #expect(json["data"]?.arrayValue?.compactMap { $0["id"]?.stringValue } == ["folder/other", "demo.pth"])
        #expect(json["data"]?.arrayValue?.compactMap { $0["state"]?.stringValue } == ["ready", "available"])
        #expect(json["data"]?.arrayValue?.first?.objectValue?.keys.prefix(5) == ["id", "object", "created", "owned_by", "state"])
    }

    @Test("the list is there before any model is loaded")
    func listWithoutModel() async throws {
        let client = InMemoryClient()
        client.service.edit { $0.current = nil }
        #expect(await client.get("/v1/models").status == 200)
    }

    @Test(
        "one model is found under its id, slashes included, and without its suffix",
        arguments: [
            ("demo.pth", "demo.pth"), ("demo", "demo.pth"), ("folder/other", "folder/other"),
        ])
    func one(name: String, id: String) async throws {
        #expect(try await InMemoryClient().get("/v1/models/\(name)").json()["id"] == .string(id))
    }

    @Test("an unknown model is a 404 that lists what there is")
    func unknown() async throws {
        let reply = await InMemoryClient().get("/v1/models/gpt-4")
        #expect(reply.status == 404)
        reply.expectEnvelope(code: "model_not_found")
        #expect(reply.text.contains("demo.pth"))
    }

    @Test("C21: an unknown model is served by the current one, whose name is in the answer; strict mode says 404")
    func unknownInRequest() async throws {
        let body = #"{"prompt": "x", "model": "gpt-4"}"#
        #expect(try await InMemoryClient().post("/v1/completions", body).json()["model"] == "demo.pth")
        let strict = InMemoryClient()
        strict.service.edit { $0.isStrict = true }
        #expect(await strict.post("/v1/completions", body).status == 404)
        #expect(await strict.post("/v1/completions", #"{"prompt": "x", "model": "demo"}"#).status == 200)
    }

    @Test("a request's model serves it")
    func chosen() async throws {
        let reply = await InMemoryClient().post("/v1/completions", #"{"prompt": "x", "model": "folder/other"}"#)
        #expect(try reply.json()["model"] == "folder/other")
    }

    @Test("C22: without a model the answer says what to load; while one loads it says when to come again")
    func noModel() async throws {
        let client = InMemoryClient()
        client.service.edit { $0.current = nil }
        for (path, body) in [
            ("/v1/completions", #"{"prompt": "x"}"#), ("/v1/internal/encode", #"{"text": "x"}"#),
            ("/v1/chat/completions", #"{"messages": [{"role": "user", "content": "x"}], "stream": true}"#),
        ] {
            let reply = await client.post(path, body)
            #expect(reply.status == 400)
            reply.expectEnvelope(code: "no_model")
            #expect(reply.text.contains("demo.pth"))
        }
        client.service.edit {
            $0.loading = .init(id: "demo.pth", progress: LoadProgress(completedBytes: 1, totalBytes: 4))
        }
        let reply = await client.post("/v1/completions", #"{"prompt": "x"}"#)
        #expect(reply.status == 503)
        #expect(reply.headers["Retry-After"] == "2")
        reply.expectEnvelope(code: "model_loading")
    }

    @Test("the info names the model and its numbers, and how far a load has come")
    func info() async throws {
        let client = InMemoryClient()
        client.service.edit {
            $0.loading = .init(id: "folder/other", progress: LoadProgress(completedBytes: 1, totalBytes: 4))
        }
        let json = try await client.get("/v1/internal/model/info").json()
        #expect(json["model_name"] == "demo.pth" && json["lora_names"] == [] && json["loader"] == "scripted")
        #expect(json["details"]?["plan"] == "cpu fp32 *3")
        #expect(json["loading"]?["progress"]?.doubleValue == 0.25)
        client.service.edit { $0.current = nil }
        #expect(try await client.get("/v1/internal/model/info").json()["model_name"] == "None")
    }

    @Test("the folder's list tells why an entry cannot be loaded")
    func folder() async throws {
        let json = try await InMemoryClient().get("/v1/internal/model/list").json()
        #expect(json["model_names"] == ["demo.pth", "folder/other"])
        #expect(json["models"]?.arrayValue?.last?["refusals"] == ["scripted: no weights"])
    }

    @Test("the folder's list says of each entry what it is")
    func kinds() async throws {
        let client = InMemoryClient()
        client.service.edit { $0.companions = [("tuned.pth", .tunedState), ("lora.pth", .adapter)] }
        let models = try await client.get("/v1/internal/model/list").json()["models"]?.arrayValue ?? []
        #expect(models.map { $0["kind"] } == ["model", "model", .null, "tuned_state", "adapter"])
    }

    @Test("load and unload answer OK")
    func loadAndUnload() async throws {
        let client = InMemoryClient()
        let load = await client.post("/v1/internal/model/load", #"{"model_name": "folder/other"}"#)
        #expect(load.text == #""OK""#)
        #expect(client.service.now.current == "folder/other")
        #expect(await client.post("/v1/internal/model/unload", "").text == #""OK""#)
        #expect(client.service.now.current == nil)
    }

    @Test(
        "a load that fails says why, with a status of its sort and without the folder's place",
        arguments: [
            (LoadError.Kind.notFound, 404), (.corrupt, 400), (.forbidden, 400), (.outOfMemory, 400), (.missingTensor, 400),
            (.unreadable, 500), (.cancelled, 503),
        ])
    func failures(kind: LoadError.Kind, status: Int) async {
        let client = InMemoryClient { $0.modelFolder = "/home/me/models" }
        client.service.edit { $0.loadFailure = LoadError(kind, "/home/me/models/demo.pth", "is cut at byte 9") }
        let reply = await client.post("/v1/internal/model/load", #"{"model_name": "demo.pth"}"#)
        #expect(reply.status == status)
        reply.expectEnvelope()
        #expect(reply.text.contains("demo.pth: is cut at byte 9") && !reply.text.contains("/home"))
    }

    @Test("health is live always, and ready with a model")
    func health() async throws {
        let client = InMemoryClient()
        #expect(try await client.get("/v1/internal/health").json() == ["status": "ok"])
        #expect(await client.get("/health/ready").status == 200)
        client.service.edit { $0.current = nil }
        #expect(await client.get("/health/ready").status == 503)
        #expect(await client.get("/health/live").status == 200)
    }

    @Test("a host whose model's file is damaged is not ready, and says why without the folder's place")
    func damaged() async throws {
        let client = InMemoryClient { $0.modelFolder = "/home/me/models" }
        client.service.edit { $0.problem = GenerationError(.device, "/home/me/models/demo.pth", "the file was rewritten") }
        let reply = await client.get("/health/ready")
        #expect(reply.status == 503)
        #expect(try reply.json()["status"] == "model damaged")
        #expect(try reply.json()["reason"] == "demo.pth: the file was rewritten")
        #expect(await client.get("/health/live").status == 200)
        client.service.edit { $0.problem = nil }
        #expect(await client.get("/health/ready").status == 200)
    }

    @Test("F23: a host whose queue is nearly full is not ready, with the numbers, and is again below the mark")
    func busy() async throws {
        let client = InMemoryClient()
        client.service.edit { $0.queue = .init(running: 32, waiting: 48, maxRunning: 32, maxWaiting: 64) }
        let reply = await client.get("/health/ready")
        #expect(reply.status == 503)
        #expect(reply.headers["Retry-After"] == "1")
        #expect(try reply.json() == ["status": "busy", "running": 32, "waiting": 48, "max_running": 32, "max_waiting": 64])
        client.service.edit { $0.queue = .init(running: 32, waiting: 47, maxRunning: 32, maxWaiting: 64) }
        #expect(await client.get("/health/ready").status == 200)
    }

    @Test("as many loads as may wait are told apart from loads that fail")
    func tooManyLoads() async {
        let client = InMemoryClient()
        client.service.edit { $0.serviceFailure = .tooManyLoads(waiting: 8) }
        for (path, body) in [
            ("/v1/internal/model/load", #"{"model_name": "demo.pth"}"#), ("/v1/completions", #"{"prompt": "x", "model": "demo"}"#),
        ] {
            let reply = await client.post(path, body)
            #expect(reply.status == 429 && reply.headers["Retry-After"] == "2")
            reply.expectEnvelope(code: "too_many_loads")
        }
    }

    @Test("threads of a load are bounded as on the command line, and refused by name beyond that")
    func threads() async {
        let client = InMemoryClient { $0.maxThreads = 64 }
        func load(_ threads: Int) async -> Reply {
            await client.post("/v1/internal/model/load", "{\"model_name\": \"demo.pth\", \"args\": {\"threads\": \(threads)}}")
        }
        #expect(await load(64).status == 200)
        let reply = await load(65)
        #expect(reply.status == 400)
        reply.expectEnvelope(param: "threads")
        #expect(reply.text.contains("between 0 and 64, not 65"))
        #expect(client.service.now.loads.map(\.options?.threads) == [64])
    }
}
