import HostCore
import HostGeneration
import HostHTTP
import HostServer
import Testing

/// Plays the client's side of a WebSocket.
private actor ScriptedChannel: WebSocketChannel {
    private var incoming: [WebSocketMessage]
    private(set) var sent: [String] = []

    init(_ texts: String...) { incoming = texts.map(WebSocketMessage.text) }

    func receive() async throws(HTTPError) -> WebSocketMessage? { incoming.isEmpty ? nil : incoming.removeFirst() }
    func send(_ text: String) async throws(HTTPError) { sent.append(text) }
}

@Suite("The API of 2023")
struct API2023Tests {
    @Test("generate answers the new text alone, spelled as Python does")
    func generate() async {
        let reply = await InMemoryClient(.init(answer: " é")).post("/api/v1/generate", #"{"prompt": "Hi"}"#)
        #expect(reply.text == #"{"results": [{"text": " \u00e9"}]}"#)
    }

    @Test("a bare request is sampled as in 2023")
    func defaults() async throws {
        let client = InMemoryClient { $0.sampling.temperature = 2 }
        _ = await client.post("/api/v1/generate", #"{"prompt": "Hi"}"#)
        let request = try #require(client.service.engine.requests.first)
        var expected = SamplingParameters()
        expected.temperature = 0.5
        expected.repetitionPenalty = 1.1
        #expect(request.sampling == expected)
        #expect(request.maxTokens == 200 && request.prompt == .text("Hi", parsesSpecialTokens: true))
    }

    @Test("values are bent as Python's int, float and bool did, and aliases count")
    func coercion() async throws {
        let client = InMemoryClient()
        let reply = await client.post(
            "/api/v1/generate",
            #"""
            {"prompt": "Hi", "max_length": "12", "temperature": "0.7", "top_k": 40.9, "rep_pen": "1.2", "typical": 0.9,
             "do_sample": "false", "ban_eos_token": 1, "skip_special_tokens": "", "seed": "-1", "stopping_strings": ["\n"],
             "custom_stopping_strings": "ignored", "truncation_length": 2048, "add_bos_token": true}
            """#)
        #expect(reply.status == 200, "\(reply.text)")
        let request = try #require(client.service.engine.requests.first)
        #expect(request.maxTokens == 12 && request.stopStrings == ["\n"] && !request.skipsSpecialTokens)
        #expect(request.sampling.temperature == 0.7, "any text is true, so sampling stays on")
        #expect(request.sampling.topK == 40 && request.sampling.repetitionPenalty == 1.2)
        #expect(request.sampling.typicalP == 0.9 && request.sampling.bansEndOfText && request.sampling.seed == nil)
    }

    @Test("a request as its example program sent it is served")
    func example() async {
        let reply = await InMemoryClient().post(
            "/api/v1/generate",
            #"""
            {"prompt": "In order to make homemade bread, follow these steps:\n1)", "max_new_tokens": 250, "do_sample": true,
             "temperature": 1.3, "top_p": 0.1, "typical_p": 1, "epsilon_cutoff": 0, "eta_cutoff": 0, "tfs": 1, "top_a": 0,
             "repetition_penalty": 1.18, "top_k": 40, "min_length": 0, "no_repeat_ngram_size": 0, "num_beams": 1,
             "penalty_alpha": 0, "length_penalty": 1, "early_stopping": false, "mirostat_mode": 0, "mirostat_tau": 5,
             "mirostat_eta": 0.1, "seed": -1, "add_bos_token": true, "truncation_length": 2048, "ban_eos_token": false,
             "skip_special_tokens": true, "stopping_strings": []}
            """#)
        #expect(reply.status == 200, "\(reply.text)")
    }

    @Test(
        "errors have a true status and the one error object of that time",
        arguments: [
            ("{}", 400), ("", 400), (#"{"prompt": "x", "temperature": "hot"}"#, 400), (#"{"prompt": "x", "num_beams": 65}"#, 400),
            (#"{"prompt": "x", "max_new_tokens": 0}"#, 400),
        ])
    func errors(body: String, status: Int) async throws {
        let reply = await InMemoryClient().post("/api/v1/generate", body)
        #expect(reply.status == status)
        let json = try reply.json()
        #expect(json["error"]?.objectValue?.keys == ["message"])
        #expect(reply.text.hasPrefix(#"{"error": {"message": ""#))
    }

    @Test("an unknown route of that API answers in its shape")
    func unknownRoute() async throws {
        let reply = await InMemoryClient().get("/api/v1/nothing")
        #expect(reply.status == 404)
        #expect(try reply.json()["error"]?.objectValue?.keys == ["message"])
    }

    @Test("token-count counts")
    func tokenCount() async {
        let reply = await InMemoryClient().post("/api/v1/token-count", #"{"prompt": "abc"}"#)
        #expect(reply.text == #"{"results": [{"tokens": 3}]}"#)
    }

    @Test("stop-stream stops")
    func stop() async {
        let client = InMemoryClient()
        #expect(await client.post("/api/v1/stop-stream", "{}").text == #"{"results": "success"}"#)
        #expect(client.service.now.stops == 1)
    }

    @Test("the model is told, None without one")
    func model() async {
        let client = InMemoryClient()
        #expect(await client.get("/api/v1/model").text == #"{"result": "demo.pth"}"#)
        #expect(await client.post("/api/v1/model", "{}").text == #"{"result": "demo.pth"}"#)
        client.service.edit { $0.current = nil }
        #expect(await client.get("/api/v1/model").text == #"{"result": "None"}"#)
    }

    @Test("actions list, load, unload and inform")
    func actions() async throws {
        let client = InMemoryClient()
        let list = await client.post("/api/v1/model", #"{"action": "list"}"#)
        #expect(list.text == #"{"result": ["demo.pth", "folder/other"]}"#)
        let load = try await client.post(
            "/api/v1/model", #"{"action": "load", "model_name": "folder/other", "args": {"rwkv_strategy": "cpu fp32"}}"#
        ).json()
        #expect(load["result"]?["model_name"] == "folder/other" && load["result"]?["lora_names"] == [])
        #expect(client.service.now.loads.first?.options?.strategy == "cpu fp32")
        let info = try await client.post("/api/v1/model", #"{"action": "info"}"#).json()
        #expect(info["result"]?.objectValue?.keys == ["model_name", "lora_names", "shared.settings", "shared.args"])
        let unload = try await client.post("/api/v1/model", #"{"action": "unload"}"#).json()
        #expect(unload["result"]?["model_name"] == .null)
    }

    private func converse(_ client: InMemoryClient, _ channel: ScriptedChannel, path: String = "/api/v1/stream") async throws {
        let response = await client.handler.respond(to: HTTPRequest(method: "GET", target: path, path: path))
        guard case .webSocket(let run) = response.body else {
            Issue.record("no WebSocket: \(response.status)")
            return
        }
        try await run(channel)
    }

    @Test("the WebSocket streams each request's new text and counts its messages")
    func webSocket() async throws {
        let channel = ScriptedChannel(#"{"prompt": "a"}"#, #"{"prompt": "b", "max_new_tokens": 1}"#)
        try await converse(InMemoryClient(.init(answer: "é!")), channel)
        #expect(
            await channel.sent == [
                #"{"event": "text_stream", "message_num": 0, "text": ""}"#,
                #"{"event": "text_stream", "message_num": 1, "text": "\u00e9"}"#,
                #"{"event": "text_stream", "message_num": 2, "text": "!"}"#,
                #"{"event": "text_stream", "message_num": 3, "text": ""}"#, #"{"event": "stream_end", "message_num": 4}"#,
                #"{"event": "text_stream", "message_num": 0, "text": ""}"#,
                #"{"event": "text_stream", "message_num": 1, "text": "\ufffd"}"#, #"{"event": "stream_end", "message_num": 2}"#,
            ])
    }

    @Test("the WebSocket of chats sends the whole history as it grows")
    func chatSocket() async throws {
        let channel = ScriptedChannel(
            #"{"user_input": "Hi", "history": {"internal": [], "visible": []}, "character": "None"}"#,
            #"{"user_input": "", "regenerate": true, "history": {"internal": [], "visible": []}}"#)
        try await converse(InMemoryClient(.init(answer: " A!")), channel, path: "/api/v1/chat-stream")
        func turn(_ text: String) -> String { #"{"internal": [["Hi", "\#(text)"]], "visible": [["Hi", "\#(text)"]]}"# }
        #expect(
            await channel.sent == ["", "A", "A!", "A!"].enumerated().map {
                #"{"event": "text_stream", "message_num": \#($0), "history": \#(turn($1))}"#
            } + [
                #"{"event": "stream_end", "message_num": 4}"#,
                #"{"event": "text_stream", "message_num": 0, "history": {"internal": [], "visible": []}}"#,
                #"{"event": "stream_end", "message_num": 1}"#,
            ])
    }

    @Test("the WebSocket says what was wrong before it ends")
    func webSocketError() async throws {
        let channel = ScriptedChannel("{}")
        await #expect(throws: (any Error).self) { try await converse(InMemoryClient(), channel) }
        #expect(
            await channel.sent == [
                #"{"event": "error", "message_num": 0, "error": {"message": "prompt is missing."}}"#
            ])
    }
}
