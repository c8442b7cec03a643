import HostCore
import HostExtensions
import HostGeneration
import HostHTTP
import HostServer
import Testing

/// Uses every hook that shows in a request or an answer.
private struct Chatty: HostExtension {
    var repliesItself = false
    var changesOutput = true
    var breaks = false
    var hangs = false

    init(parameters: ExtensionParameters) {}
    init(repliesItself: Bool = false, changesOutput: Bool = true, breaks: Bool = false, hangs: Bool = false) {
        self.hangs = hangs
        self.repliesItself = repliesItself
        self.changesOutput = changesOutput
        self.breaks = breaks
    }

    func historyModifier(_ history: [ChatMessage], state: RequestParameters) -> [ChatMessage] { history.filter { $0.content != "secret" } }

    func stateModifier(_ state: RequestParameters) -> RequestParameters {
        var state = state
        state.sampling.topK = state.fields["wished_top_k"]?.intValue ?? 3
        state.maxTokens = 5000
        return state
    }

    func inputModifier(_ text: String, state: RequestParameters) -> String { "<\(state.isChat ? "chat" : "text"):\(text)>" }

    func botPrefixModifier(_ prefix: String, state: RequestParameters) -> String { prefix + " *hums*" }

    func customGenerateReply(_ prompt: String, state: RequestParameters) throws -> AsyncThrowingStream<String, any Error>? {
        guard repliesItself else { return nil }
        return AsyncThrowingStream { continuation in
            for piece in ["I ", "say ", state.model ?? "none"] { continuation.yield(piece) }
            if hangs { return }
            continuation.finish(throwing: breaks ? GenerationError(.device, "reply", "went away") : nil)
        }
    }

    func customTokenizedLength(_ text: String) -> Int? { 42 }

    func outputModifier(for state: RequestParameters) -> OutputModifier? {
        guard changesOutput else { return nil }
        return { $0.uppercased() + "!" }
    }
}

@Suite("Extensions over HTTP")
struct ExtensionTests {
    private static let chat = #"""
        {"messages": [{"role": "user", "content": "secret"}, {"role": "assistant", "content": "a"}, {"role": "user", "content": "Hi"}]
        """#

    private func client(
        _ script: ScriptedEngine.Script = .init(), _ value: Chatty = Chatty(), endpoints: [ExtensionEndpoint] = []
    ) -> InMemoryClient {
        InMemoryClient(script) { configuration in
            var status = ActiveExtensions.Status(name: "chatty")
            status.origin = "cached"
            var broken = ActiveExtensions.Status(name: "broken")
            broken.problem = ExtensionError(.compile, "broken", "does not compile")
            configuration.extensions = ActiveExtensions(
                members: [.init(name: "chatty", value: value, endpoints: endpoints)], statuses: [status, broken], log: .silent)
        }
    }

    @Test("the hooks change history, parameters, input and first words of a chat, and its answer")
    func chat() async throws {
        let client = client()
        let json = try await client.post("/v1/chat/completions", Self.chat + #", "max_tokens": 20, "wished_top_k": 7}"#).json()
        let request = try #require(client.service.engine.requests.first)
        guard case .text(let prompt, _) = request.prompt else { Issue.record("\(request.prompt)"); return }
        #expect(prompt == "Assistant: a\n\nUser: <chat:Hi>\n\nAssistant: *hums*")
        #expect(request.sampling.topK == 7)
        #expect(request.maxTokens == 5000)
        #expect(json["choices"]?.arrayValue?.first?["message"]?["content"] == "HELLO!")
    }

    @Test("a completion has its input and answer changed, with what is echoed left alone")
    func completion() async throws {
        let client = client()
        let json = try await client.post("/v1/completions", #"{"prompt": "ab", "echo": true, "max_tokens": 9}"#).json()
        #expect(json["choices"]?.arrayValue?.first?["text"] == "<text:ab> HELLO!")
        let old = await client.post("/api/v1/generate", #"{"prompt": "ab"}"#)
        #expect(old.text == #"{"results": [{"text": " HELLO!"}]}"#)
    }

    @Test("an answer that an extension changes is streamed in one piece, others as they grow")
    func streaming() async throws {
        let body = Self.chat + #", "stream": true}"#
        func pieces(_ client: InMemoryClient) async throws -> [String] {
            try await client.post("/v1/chat/completions", body).chunks()
                .compactMap { $0["choices"]?.arrayValue?.first?["delta"]?["content"]?.stringValue }.filter { !$0.isEmpty }
        }
        #expect(try await pieces(client()) == ["HELLO!"])
        #expect(try await pieces(client(.init(), Chatty(changesOutput: false))) == ["H", "e", "l", "l", "o"])
    }

    @Test("an extension answers in place of the model, even where none is loaded")
    func reply() async throws {
        let client = client(.init(), Chatty(repliesItself: true, changesOutput: false))
        let body = Self.chat + "}"
        let json = try await client.post("/v1/chat/completions", body).json()
        #expect(json["choices"]?.arrayValue?.first?["message"]?["content"] == "I say demo.pth")
        #expect(client.service.engine.requests.isEmpty)
        client.service.edit { $0.current = nil }
        let without = try await client.post("/v1/chat/completions", body).json()
        #expect(without["choices"]?.arrayValue?.first?["message"]?["content"] == "I say none")
        #expect(without["usage"]?["completion_tokens"]?.intValue == "I say none".utf8.count)
    }

    @Test("without model and reply the client is told so, as without extensions")
    func absent() async {
        let client = client()
        client.service.edit { $0.current = nil }
        let reply = await client.post("/v1/completions", #"{"prompt": "x"}"#)
        #expect(reply.status == 400)
        reply.expectEnvelope(code: "no_model")
    }

    @Test("an extension's reply keeps to the request's length and stop texts")
    func limits() async throws {
        let client = client(.init(), Chatty(repliesItself: true, changesOutput: false))
        let stopped = try await client.post("/v1/completions", #"{"prompt": "x", "stop": "y d"}"#).json()
        #expect(stopped["choices"]?.arrayValue?.first?["text"] == "I sa")
        #expect(stopped["choices"]?.arrayValue?.first?["finish_reason"] == "stop")
    }

    @Test("an extension's reply is stopped with all other texts")
    func stopping() async throws {
        let client = client(.init(), Chatty(repliesItself: true, changesOutput: false, hangs: true))
        async let reply = client.post("/v1/completions", #"{"prompt": "x"}"#)
        while client.log.lines.isEmpty { await Task.yield() }
        for _ in 0..<200 {
            _ = await client.post("/v1/internal/stop-generation", "{}")
            try await Task.sleep(for: .milliseconds(5))
        }
        #expect(try await reply.json()["choices"]?.arrayValue?.first?["text"] == "I say demo.pth")
    }

    @Test("a reply that breaks off is an error, not a short answer")
    func brokenReply() async {
        let client = client(.init(), Chatty(repliesItself: true, breaks: true))
        let reply = await client.post("/v1/completions", #"{"prompt": "x"}"#)
        #expect(reply.status == 500 && reply.text.contains("broke off"))
    }

    @Test("tokens are counted as an extension says")
    func length() async throws {
        #expect(try await client().post("/v1/internal/token-count", #"{"text": "a"}"#).json() == ["length": 42])
        let old = await client().post("/api/v1/token-count", #"{"prompt": "a"}"#)
        #expect(old.text == #"{"results": [{"tokens": 42}]}"#)
    }

    @Test("the list tells of each extension whether it is on, and why not")
    func list() async throws {
        let list = try await client().get("/v1/internal/extensions").json()["extensions"]?.arrayValue
        #expect(list?.map { $0["name"] } == ["chatty", "broken"])
        #expect(list?.map { $0["active"] } == [true, false])
        #expect(list?[0]["origin"] == "cached" && list?[0]["error"] == .null)
        #expect(list?[1]["error"]?.stringValue?.contains("does not compile") == true && list?[1]["error_code"] == "compile")
    }

    @Test("an extension's routes answer below its name, with 404, 405 and 500 as everywhere")
    func routes() async throws {
        let endpoints = [
            ExtensionEndpoint("GET", "status") { request in .text("fine \(request.query["q"] ?? "-")") },
            ExtensionEndpoint("POST", "echo") { request in .json(try request.json(), status: 201) },
            ExtensionEndpoint("GET", "broken") { _ in throw GenerationError(.device, "it", "failed") },
            ExtensionEndpoint("GET", "odd") { _ in ExtensionResponse(status: 99, contentType: "a\r\nb", body: []) },
        ]
        let client = client(.init(), Chatty(), endpoints: endpoints)
        let status = await client.get("/extensions/chatty/status")
        #expect(status.status == 200 && status.text == "fine -")
        let echo = await client.post("/extensions/chatty/echo", #"{"a": 1}"#)
        #expect(echo.status == 201 && echo.text == #"{"a":1}"#)
        #expect(await client.post("/extensions/chatty/echo", "{").status == 400)
        #expect(await client.get("/extensions/chatty/echo").status == 405)
        for path in ["/extensions/chatty/nothing", "/extensions/chatty", "/extensions/chatty/", "/extensions/other/status", "/extensions/"] {
            let reply = await client.get(path)
            #expect(reply.status == 404, "\(path)")
        }
        for path in ["/extensions/chatty/broken", "/extensions/chatty/odd"] {
            let reply = await client.get(path)
            #expect(reply.status == 500, "\(path)")
            reply.expectEnvelope(code: "extension_error")
        }
    }

    @Test("an extension's routes need the key of the host")
    func key() async {
        let client = InMemoryClient { configuration in
            configuration.apiKey = "k"
            configuration.extensions = ActiveExtensions(
                members: [.init(name: "x", value: Chatty(), endpoints: [ExtensionEndpoint("GET", "status") { _ in .text("ok") }])],
                statuses: [.init(name: "x")], log: .silent)
        }
        #expect(await client.get("/extensions/x/status").status == 401)
        #expect(await client.get("/extensions/x/status", headers: [("Authorization", "Bearer k")]).status == 200)
    }
}
