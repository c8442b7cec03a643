import HostCore
import HostGeneration
import HostHTTP
import HostServer
import Testing

@Suite("POST /v1/completions")
struct CompletionTests {
    @Test("a blocking answer has the members of the contract in their order")
    func blocking() async throws {
        let client = InMemoryClient()
        let reply = await client.post("/v1/completions", #"{"prompt": "Hi", "max_tokens": 50}"#)
        #expect(reply.status == 200)
        #expect(reply.headers["Content-Type"] == "application/json")
        let json = try reply.json()
        #expect(json.objectValue?.keys == ["id", "object", "created", "model", "system_fingerprint", "choices", "usage"])
        #expect(json["id"]?.stringValue?.hasPrefix("cmpl-") == true)
        #expect(json["object"] == "text_completion")
        #expect(json["model"] == "demo.pth")
        #expect(json["choices"] == [["index": 0, "finish_reason": "stop", "text": " Hello", "logprobs": nil]])
        #expect(
            json["usage"] == [
                "prompt_tokens": 2, "completion_tokens": 6, "total_tokens": 8, "prompt_tokens_details": ["cached_tokens": 1],
                "completion_tokens_details": ["accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0],
            ])
    }

    @Test("a stream is a chunk of nothing, the pieces, a chunk with the reason, and [DONE]")
    func streaming() async throws {
        let client = InMemoryClient(.init(answer: "Hé"))
        let reply = await client.post("/v1/completions", #"{"prompt": "Hi", "stream": true, "suffix": "!"}"#)
        #expect(reply.status == 200 && !reply.isCut)
        #expect(reply.headers["Content-Type"]?.hasPrefix("text/event-stream") == true)
        #expect(reply.events.last == "[DONE]")
        let chunks = try reply.chunks()
        #expect(chunks.allSatisfy { $0.objectValue?.keys == ["id", "object", "created", "model", "system_fingerprint", "choices"] })
        #expect(
            chunks.map { $0["choices"]?.arrayValue?.first } == [
                ["index": 0, "finish_reason": nil, "text": "", "logprobs": nil],
                ["index": 0, "finish_reason": nil, "text": "H", "logprobs": nil],
                ["index": 0, "finish_reason": nil, "text": "é", "logprobs": nil],
                ["index": 0, "finish_reason": "stop", "text": "!", "logprobs": nil],
            ])
        #expect(reply.text.contains(#""text": "\u00e9""#), "events are spelled as Python spells them")
    }

    @Test("usage is streamed only when asked for: null in every chunk, then a chunk of its own")
    func usage() async throws {
        let client = InMemoryClient()
        let reply = await client.post(
            "/v1/completions", #"{"prompt": "Hi", "stream": true, "stream_options": {"include_usage": true}}"#)
        let chunks = try reply.chunks()
        #expect(chunks.dropLast().allSatisfy { $0["usage"] == .null })
        #expect(chunks.last?["choices"] == [])
        #expect(chunks.last?["usage"]?["completion_tokens"] == 6)
    }

    @Test("every prompt of a list gives n choices, and a prompt's tokens count once")
    func listOfPrompts() async throws {
        let client = InMemoryClient()
        let reply = await client.post(
            "/v1/completions", #"{"prompt": ["ab", "c"], "n": 2, "seed": 5, "max_tokens": 3}"#)
        let json = try reply.json()
        #expect(json["choices"]?.arrayValue?.compactMap { $0["index"]?.intValue } == [0, 1, 2, 3])
        #expect(json["choices"]?.arrayValue?.allSatisfy { $0["finish_reason"] == "length" } == true)
        #expect(json["usage"]?["prompt_tokens"] == 3)
        #expect(json["usage"]?["completion_tokens"] == 12)
        #expect(client.service.engine.requests.compactMap(\.sampling.seed).sorted() == [5, 5, 6, 6])
    }

    @Test("token numbers are a prompt, alone or in lists")
    func tokenPrompts() async throws {
        let client = InMemoryClient()
        _ = await client.post("/v1/completions", #"{"prompt": [1, 2, 3]}"#)
        _ = await client.post("/v1/completions", #"{"prompt": [[4], [5, 6]]}"#)
        let prompts = client.service.engine.requests.map(\.prompt)
        #expect(prompts[0] == .tokens([1, 2, 3]))
        #expect(Set(prompts[1...]) == [.tokens([4]), .tokens([5, 6])])
    }

    @Test("echo with logprobs and no new tokens scores a prompt")
    func scoring() async throws {
        let client = InMemoryClient()
        let body = #"{"prompt": [98, 99], "echo": true, "logprobs": 2, "max_tokens": 0}"#
        let reply = await client.post("/v1/completions", body)
        let choice = try #require(try reply.json()["choices"]?.arrayValue?.first)
        #expect(choice["text"] == "ab")
        #expect(choice["finish_reason"] == "length")
        #expect(
            choice["logprobs"] == [
                "tokens": ["a", "b"], "token_logprobs": [nil, -0.5],
                "top_logprobs": [nil, ["a": -0.5, "b": -1.5]], "text_offset": [0, 1],
                "top_logprobs_ids": [nil, ["98": -0.5, "99": -1.5]], "token_ids": [98, 99],
            ])
        let request = try #require(client.service.engine.requests.first)
        #expect(request.scoresPrompt && request.maxTokens == 0 && request.topLogprobs == 2)
    }

    @Test("offsets count characters, and go on from chunk to chunk")
    func offsets() async throws {
        let client = InMemoryClient(.init(answer: "é€x"))
        let whole = await client.post("/v1/completions", #"{"prompt": "ä", "logprobs": 0, "echo": true}"#)
        let offsets = try whole.json()["choices"]?.arrayValue?.first?["logprobs"]?["text_offset"]
        #expect(offsets == [0, 0, 1, 1, 2, 2, 2, 3])
        let stream = await client.post("/v1/completions", #"{"prompt": "ä", "logprobs": 0, "echo": true, "stream": true}"#)
        let streamed = try stream.chunks().flatMap {
            $0["choices"]?.arrayValue?.first?["logprobs"]?["text_offset"]?.arrayValue ?? []
        }
        #expect(.array(streamed) == offsets)
    }

    @Test("tokens that belong to a cut-off stop string are not told")
    func stopStringTokens() async throws {
        let client = InMemoryClient(.init(answer: "", stopString: "\n\n"))
        let engine = client.service.engine
        engine.edit { $0.answer = "" }
        let reply = await client.post("/v1/completions", #"{"prompt": "x", "logprobs": 1, "stop": ["\n\n", ""]}"#)
        #expect(try reply.json()["choices"]?.arrayValue?.first?["logprobs"]?["tokens"] == [])
        #expect(engine.requests.first?.stopStrings == ["\n\n"])
    }

    @Test("an error in mid-stream is an event, then the cut connection, and never [DONE]")
    func midStreamError() async throws {
        let client = InMemoryClient(.init(failsAfter: 5))
        let reply = await client.post(
            "/v1/completions", #"{"prompt": "x", "stream": true}"#, headers: [("X-Request-Id", "mine-1")])
        #expect(reply.isCut)
        #expect(!reply.events.contains("[DONE]"))
        let last = try JSONValue(parsing: try #require(reply.events.last))
        #expect(last["error"]?["code"] == "non_finite_logits")
        #expect(client.log.lines.contains { $0.contains("mine-1") && $0.contains("not finite") })
    }

    @Test("the same error in a blocking answer is a 500")
    func blockingError() async throws {
        let client = InMemoryClient(.init(failsAfter: 5))
        let reply = await client.post("/v1/completions", #"{"prompt": "x"}"#)
        #expect(reply.status == 500)
        reply.expectEnvelope(code: "non_finite_logits")
    }

    @Test("a full queue is a 429 before any stream begins", arguments: ["true", "false"])
    func overload(stream: String) async throws {
        let client = InMemoryClient(.init(refusal: GenerationError(.overloaded, "queue", "is full")))
        let reply = await client.post("/v1/completions", #"{"prompt": "x", "stream": \#(stream)}"#)
        #expect(reply.status == 429)
        #expect(reply.headers["Retry-After"] == "1")
        reply.expectEnvelope()
    }

    @Test("messages may stand for the prompt")
    func messagesAsPrompt() async throws {
        let client = InMemoryClient()
        _ = await client.post("/v1/completions", #"{"messages": [{"role": "user", "content": "ab"}]}"#)
        #expect(client.service.engine.requests.first?.prompt == .text("ab", parsesSpecialTokens: true))
    }

    @Test("every sampler reaches the engine under its name")
    func samplers() async throws {
        let client = InMemoryClient()
        _ = await client.post(
            "/v1/completions",
            """
            {"prompt": "x", "temperature": 0.5, "top_p": 0.9, "top_k": 40, "min_p": 0.1, "typical_p": 0.8,
             "epsilon_cutoff": 3, "eta_cutoff": 4, "tfs": 0.95, "top_a": 0.2, "repetition_penalty": 1.2,
             "encoder_repetition_penalty": 1.1, "presence_penalty": 0.3, "frequency_penalty": 0.4,
             "penalty_decay": 0.996, "no_repeat_ngram_size": 3, "min_length": 5, "seed": 7, "ban_eos_token": true,
             "logit_bias": {"5": -1.5}, "custom_token_bans": "7, 8", "max_tokens": null, "skip_special_tokens": false}
            """)
        let request = try #require(client.service.engine.requests.first)
        var expected = SamplingParameters.default
        expected.temperature = 0.5
        expected.topP = 0.9
        expected.topK = 40
        expected.minP = 0.1
        expected.typicalP = 0.8
        expected.epsilonCutoff = 3
        expected.etaCutoff = 4
        expected.tfs = 0.95
        expected.topA = 0.2
        expected.repetitionPenalty = 1.2
        expected.encoderRepetitionPenalty = 1.1
        expected.presencePenalty = 0.3
        expected.frequencyPenalty = 0.4
        expected.penaltyDecay = 0.996
        expected.noRepeatNgramSize = 3
        expected.minLength = 5
        expected.seed = 7
        expected.bansEndOfText = true
        expected.logitBias = [5: -1.5]
        expected.bannedTokens = [7, 8]
        #expect(request.sampling == expected)
        #expect(request.maxTokens == 512 && !request.skipsSpecialTokens)
    }

    @Test("a token limit beyond all bounds is the host's own bound")
    func hugeLimit() async throws {
        let client = InMemoryClient()
        let reply = await client.post("/v1/completions", #"{"prompt": "x", "max_tokens": 1099511627776}"#)
        #expect(reply.status == 200)
        #expect(client.service.engine.requests.first?.maxTokens == 32_768)
    }
}
