import HostCore
import HostServer
import Support
import Testing

/// Fields of other hosts: those that change the text are honoured or refused by name, and no one of them is dropped.
@Suite("Fields of other hosts")
struct ForeignFieldTests {
    @Test(
        "what this host does not have is refused by name, and its neutral value is taken",
        arguments: [
            ("banned_strings", #"["x"]"#, "[]"), ("bad_words", #"["x"]"#, "[]"), ("bnf_schema", #""start::='yes';""#, #""""#),
            ("skew", "0.5", "0"), ("use_beam_search", "true", "false"), ("truncate_prompt_tokens", "5", "-1"),
            ("images", #"["x"]"#, "[]"), ("lora", #"[{"id": 0}]"#, "[]"), ("prompt_logprobs", "1", "null"),
            ("banned_phrases", #"["x"]"#, "[]"), ("adapters", #"["x"]"#, "[]"), ("truncate", "5", "0"), ("bnf", #""x""#, #""""#),
            ("memory", #""Once""#, #""""#), ("options", #"{"num_ctx": 5}"#, "{}"), ("stop_regex", #""a+""#, "null"),
            ("system", #""Be brief.""#, #""""#), ("sampling_params", #"{"top_k": 1}"#, "{}"), ("sequence_bias", "[[[5], -1]]", "[]"),
            ("begin_suppress_tokens", "[5]", "[]"), ("logits_processors", #"["x"]"#, "[]"), ("include_reasoning", "false", "true"),
            ("assistant_name", #""Bot""#, #""Assistant""#), ("frmtrmblln", "true", "false"), ("web_search_options", "{}", "null"),
        ])
    func refused(name: String, value: String, neutral: String) async throws {
        let client = InMemoryClient(serving: EngineService())
        let reply = await client.post("/v1/completions", #"{"prompt": "a", "max_tokens": 2, "\#(name)": \#(value)}"#)
        #expect(reply.status == 400)
        reply.expectEnvelope(param: name)
        let off = await client.post("/v1/completions", #"{"prompt": "a", "max_tokens": 2, "\#(name)": \#(neutral)}"#)
        #expect(off.status == 200, "\(off.text)")
    }

    @Test(
        "what other hosts call the length, the stops, the bans and the count is read under their names",
        arguments: [
            #""max_output_tokens": 3"#, #""max_tokens_to_sample": 3"#, #""num_predict": 3"#, #""max_gen_len": 3"#, #""maxOutputTokens": 3"#,
        ])
    func lengths(field: String) async throws {
        let client = InMemoryClient()
        _ = await client.post("/v1/completions", #"{"prompt": "a", \#(field)}"#)
        #expect(client.service.engine.requests.last?.maxTokens == 3)
    }

    @Test(
        "samplers under the names of RWKV's own package, of other hosts, and in camel case",
        arguments: [
            (#""alpha_frequency": 0.5"#, \SamplingParameters.frequencyPenalty, 0.5), (#""alphaPresence": 0.5"#, \.presencePenalty, 0.5),
            (#""alpha_decay": 0.5"#, \.penaltyDecay, 0.5), (#""topP": 0.5"#, \.topP, 0.5), (#""minP": 0.5"#, \.minP, 0.5),
            (#""repetitionPenalty": 1.5"#, \.repetitionPenalty, 1.5), (#""typicalP": 0.5"#, \.typicalP, 0.5), (#""tfz": 0.5"#, \.tfs, 0.5),
        ] as [(String, any KeyPath<SamplingParameters, Double> & Sendable, Double)])
    func samplers(field: String, path: any KeyPath<SamplingParameters, Double> & Sendable, value: Double) async throws {
        let client = InMemoryClient()
        _ = await client.post("/v1/completions", #"{"prompt": "a", \#(field)}"#)
        #expect(client.service.engine.requests.last?.sampling[keyPath: path] == value)
    }

    @Test("counts and biases under other names")
    func countsAndBiases() async throws {
        let client = InMemoryClient()
        _ = await client.post("/v1/completions", #"{"prompt": "a", "topK": 7, "repetition_context_size": 9, "bias": {"5": 2}, "n_probs": 3}"#)
        let request = try #require(client.service.engine.requests.last)
        #expect(request.sampling.topK == 7 && request.sampling.penaltyRange == 9 && request.sampling.logitBias == [5: 2])
        #expect(request.topLogprobs == 3)
    }

    @Test(
        "parts of a message are read as the other dialects write them, and thoughts are not read again",
        arguments: [
            #"["One", "Two"]"#, #"[{"text": "One"}, {"type": "text", "text": "Two"}]"#,
            #"[{"type": "input_text", "text": "One"}, {"type": "output_text", "text": "Two"}]"#,
            #"[{"type": "thinking", "thinking": "hm"}, {"type": "refusal", "refusal": "One"}, {"type": "text", "text": "Two"}]"#,
        ])
    func parts(content: String) async throws {
        let client = InMemoryClient(serving: EngineService())
        let body = #"{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": \#(content)}, {"role": "user", "content": "Hi"}]}"#
        let shown = try await client.post("/v1/internal/chat-prompt", body).json()
        #expect(shown["prompt"]?.stringValue?.contains("One\nTwo") == true && shown["prompt"]?.stringValue?.contains("hm") == false, "\(shown)")
    }

    @Test("what is not text is refused by name, wherever a dialect puts it", arguments: ["images", "audio", "files"])
    func notText(field: String) async throws {
        let client = InMemoryClient(serving: EngineService())
        let refused = await client.post("/v1/chat/completions", #"{"messages": [{"role": "user", "content": "Hi", "\#(field)": ["x"]}]}"#)
        #expect(refused.status == 400 && refused.text.contains("messages[0].\(field)"))
        let empty = await client.post("/v1/chat/completions", #"{"messages": [{"role": "user", "content": "Hi", "\#(field)": []}], "max_tokens": 2}"#)
        #expect(empty.status == 200, "\(empty.text)")
    }

    @Test("an answer that its message says is begun is gone on with", arguments: ["prefix", "partial"])
    func begun(field: String) async throws {
        let client = InMemoryClient(serving: EngineService())
        let body = #"{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Once upon", "\#(field)": true}]}"#
        let shown = try await client.post("/v1/internal/chat-prompt", body).json()
        #expect(shown["prompt"]?.stringValue?.hasSuffix("Once upon") == true, "\(shown)")
    }

    @Test(
        "stops under other names",
        arguments: [
            #""stop_strings": ["a\n", "b"]"#, #""stop_words": ["a\n", "b"]"#, #""stopSequences": ["a\n", "b"]"#,
            #""custom_stopping_strings": ["a\n", "b"]"#, #""custom_stopping_strings": "\"a\\n\", \"b\"""#,
        ])
    func stops(field: String) async throws {
        let client = InMemoryClient()
        _ = await client.post("/v1/completions", #"{"prompt": "a", \#(field)}"#)
        #expect(client.service.engine.requests.last?.stopStrings == ["a\n", "b"])
    }

    @Test("tokens that end a text, or never come, under other names")
    func tokens() async throws {
        let client = InMemoryClient()
        _ = await client.post("/v1/completions", #"{"prompt": "a", "eos_token_id": 5, "stop_token_ids": [6], "suppress_tokens": [7], "token_ban": [8]}"#)
        let request = try #require(client.service.engine.requests.last)
        #expect(request.stopTokens == [5, 6] && request.sampling.bannedTokens == [7, 8])
        let scored = await client.post("/v1/completions", #"{"prompt": "a", "max_tokens": 1, "logprobs": 2, "session_id": "", "num_return_sequences": 2}"#)
        #expect(scored.status == 200, "\(scored.text)")
        #expect(try scored.json()["choices"]?.arrayValue?.count == 2)
        #expect(client.service.engine.requests.last?.topLogprobs == 2 && client.service.engine.requests.last?.sessionID == nil)
        let form = await InMemoryClient(serving: EngineService()).post(
            "/v1/completions", #"{"prompt": "a", "max_tokens": 40, "format": {"type": "integer", "minimum": 5, "maximum": 5}}"#)
        #expect(try form.json()["choices"]?.arrayValue?[0]["text"] == "5", "\(form.text)")
    }

    @Test(
        "a path that is not there is answered with the route that was meant",
        arguments: [
            ("/openai/v1/chat/completions", "/v1/chat/completions"), ("/v1/chat/completions/v1/chat/completions", "/v1/chat/completions"),
            ("/V1/Completions", "/v1/completions"), ("/v1/chat/completion", "/v1/chat/completions"), ("/api/chat", "/v1/chat/completions"),
            ("/api/v1/chat/completions", "/chat/completions"), ("/completion", "/v1/completions"), ("/tokenize", "/v1/internal/encode"),
            ("/v1/embedding", "/v1/embeddings"), ("/api/tags", "/v1/models"), ("/v1", "/v1/models"),
        ])
    func hints(path: String, meant: String) async throws {
        let reply = await InMemoryClient().post(path, "{}")
        #expect(reply.status == 404 && reply.text.contains("Did you mean") && reply.text.contains(meant), "\(reply.text)")
        let nothing = await InMemoryClient().get("/nothing/of/the/kind")
        #expect(!nothing.text.contains("Did you mean"))
    }

    @Test("an assistant's empty turn stays one", arguments: [#", "content": null"#, ""])
    func emptyTurn(content: String) async throws {
        let client = InMemoryClient(serving: EngineService())
        let body = #"{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant"\#(content)}, {"role": "user", "content": "Hi"}], "max_tokens": 2}"#
        #expect(await client.post("/v1/chat/completions", body).status == 200)
        let user = await client.post("/v1/chat/completions", #"{"messages": [{"role": "user"}]}"#)
        #expect(user.status == 400)
    }

    @Test(
        "paths that were joined carelessly lead where they were meant to",
        arguments: [
            "/v1/completions/", "//v1/completions", "/v1/v1/completions", "/v1//completions/", "/v1/v1/v1/completions",
        ])
    func paths(path: String) async throws {
        let client = InMemoryClient(serving: EngineService())
        #expect(await client.post(path, #"{"prompt": "a", "max_tokens": 2}"#).status == 200)
    }

    @Test("UTF-8 under its other spellings is UTF-8", arguments: ["utf8", "UTF-8", "\"utf-8\"", "us-ascii"])
    func charset(name: String) async throws {
        let client = InMemoryClient(serving: EngineService())
        let reply = await client.post(
            "/v1/completions", #"{"prompt": "a", "max_tokens": 2}"#, headers: [("Content-Type", "application/json;charset=\(name)")])
        #expect(reply.status == 200, "\(reply.text)")
    }

    @Test("a choice gives one of the texts, whatever stands in them")
    func choice() async throws {
        let client = InMemoryClient(serving: EngineService())
        for name in ["guided_choice", "structured_outputs"] {
            let list = #"["a.b", "(c|d)", "é\\n"]"#
            let value = name == "guided_choice" ? list : #"{"choice": \#(list)}"#
            for seed in 0..<4 {
                let reply = await client.post(
                    "/v1/completions", #"{"prompt": "a", "seed": \#(seed), "max_tokens": 20, "\#(name)": \#(value)}"#)
                let text = try reply.json()["choices"]?.arrayValue?[0]["text"]?.stringValue
                #expect(["a.b", "(c|d)", "é\\n"].contains(text), "\(reply.text)")
            }
        }
    }

    @Test(
        "a schema within json_object is kept",
        arguments: [
            #"{"type": "json_object", "json_schema": {"name": "x", "schema": {"type": "integer", "minimum": 5, "maximum": 5}}}"#,
            #"{"type": "json_object", "schema": {"type": "integer", "minimum": 5, "maximum": 5}}"#,
            #"{"type": "json_schema", "schema": {"type": "integer", "minimum": 5, "maximum": 5}}"#,
            #"{"type": "json", "value": {"type": "integer", "minimum": 5, "maximum": 5}}"#,
            #"{"type": "regex", "value": "5"}"#, #"{"type": "regex", "pattern": "5"}"#, ##"{"type": "grammar", "grammar": "root ::= \"5\""}"##,
        ])
    func schemas(format: String) async throws {
        let client = InMemoryClient(serving: EngineService())
        let reply = await client.post("/v1/completions", #"{"prompt": "a", "max_tokens": 20, "response_format": \#(format)}"#)
        #expect(try reply.json()["choices"]?.arrayValue?[0]["text"] == "5", "\(reply.text)")
    }

    @Test(
        "thinking is switched under every name that clients have for it",
        arguments: [
            #""enable_thinking": false"#, #""thinking": {"type": "disabled"}"#, #""reasoning": {"enabled": false}"#,
            #""reasoning": {"effort": "none"}"#, #""reasoning_effort": "none"# + "\"", #""think": false"#,
            #""chat_template_kwargs": {"enable_thinking": false}"#, #""chat_template_kwargs": {"thinking": false}"#,
        ])
    func thinking(field: String) async throws {
        let (client, _) = ThinkingTests.client("rwkv7-g1-0.1b.pth", generation: "7", prompt: "", writes: "")
        let body = #"{"messages": [{"role": "user", "content": "Hi"}], \#(field)}"#
        let shown = try await client.post("/v1/internal/chat-prompt", body).json()
        #expect(shown["prompt"]?.stringValue?.contains("</think") == true, "\(shown)")
    }

    @Test("continue_final_message leaves the last turn open")
    func continues() async throws {
        let client = InMemoryClient(serving: EngineService())
        let messages = #""messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Once upon a"}]"#
        let shown = await client.post(
            "/v1/internal/chat-prompt", "{\(messages), \"continue_final_message\": true, \"add_generation_prompt\": false}")
        #expect(try shown.json()["prompt"]?.stringValue?.hasSuffix("Once upon a") == true, "\(shown.text)")
        let alone = await client.post("/v1/internal/chat-prompt", "{\(messages), \"add_generation_prompt\": false}")
        alone.expectEnvelope(param: "add_generation_prompt")
    }

    @Test(
        "logit_bias is an object, a list of pairs, or empty",
        arguments: [
            ("[]", 200), ("{}", 200), ("[[98, 5.5], [99, false]]", 200), ("[[98]]", 400), ("5", 400),
        ])
    func biases(value: String, status: Int) async throws {
        let client = InMemoryClient(serving: EngineService())
        let reply = await client.post("/v1/completions", #"{"prompt": "a", "max_tokens": 2, "logit_bias": \#(value)}"#)
        #expect(reply.status == status, "\(reply.text)")
    }

    @Test("an empty entry among the inputs of embeddings is named")
    func emptyInput() async throws {
        let client = InMemoryClient(serving: EngineService())
        let reply = await client.post("/v1/embeddings", #"{"input": ["a", "", "b"]}"#)
        #expect(reply.status == 400 && reply.text.contains("input[1]"))
    }
}
