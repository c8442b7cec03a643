import HostCore
import HostGeneration
import HostHTTP
import HostServer
import Testing

/// One bad body, and the parameter that the answer names.
struct BadBody: Sendable, CustomTestStringConvertible {
    let name: String
    let body: String
    let param: String?

    init(_ name: String, _ body: String, _ param: String? = nil) {
        self.name = name
        self.body = body
        self.param = param
    }

    var testDescription: String { name }
}

@Suite("What a body may not say (table C)")
struct FieldTests {
    static let noJSON = [
        BadBody("C1 empty", ""), BadBody("C1 no JSON", "prompt=x"), BadBody("C1 array", "[]"),
        BadBody("C1 trailing", #"{"prompt": "x"} x"#), BadBody("C1 BOM", "\u{FEFF}{}"),
        BadBody("C2 deep", String(repeating: "[", count: 100_000)),
        BadBody("C3 duplicate", #"{"prompt": "x", "prompt": "y"}"#),
        BadBody("C4 lone surrogate", #"{"prompt": "\ud800"}"#),
        BadBody("C5 1e400", #"{"prompt": "x", "temperature": 1e400}"#),
        BadBody("C5 NaN", #"{"prompt": "x", "temperature": NaN}"#),
        BadBody("C5 Infinity", #"{"prompt": "x", "top_p": Infinity}"#),
    ]

    @Test("C1 to C5: what is not a JSON object is refused with the place", arguments: noJSON)
    func notJSON(bad: BadBody) async {
        for path in ["/v1/completions", "/v1/chat/completions", "/v1/internal/encode"] {
            let reply = await InMemoryClient().post(path, bad.body)
            #expect(reply.status == 400)
            reply.expectEnvelope(code: "invalid_json")
        }
    }

    @Test("C2: ten megabytes of brackets are refused without climbing them")
    func brackets() async {
        let body = [UInt8](repeating: UInt8(ascii: "["), count: 10_000_000)
        #expect(await InMemoryClient().send("POST", "/v1/completions", body).status == 400)
    }

    @Test("C4: invalid UTF-8 is refused")
    func invalidUTF8() async {
        let body = Array(#"{"prompt": ""#.utf8) + [0xFF] + Array(#""}"#.utf8)
        #expect(await InMemoryClient().send("POST", "/v1/completions", body).status == 400)
    }

    static let chats = [
        BadBody("C6 missing", "{}", "messages"), BadBody("C6 empty", #"{"messages": []}"#, "messages"),
        BadBody("C6 null", #"{"messages": null}"#, "messages"), BadBody("C6 string", #"{"messages": "hi"}"#, "messages"),
        BadBody("C7 no role", #"{"messages": [{"content": "x"}]}"#, "messages"),
        BadBody("C7 unknown role", #"{"messages": [{"role": "robot", "content": "x"}]}"#, "messages"),
        BadBody("C7 calls", #"{"messages": [{"role": "assistant", "content": null, "tool_calls": [{}]}]}"#, "messages"),
        BadBody("C7 null content", #"{"messages": [{"role": "user", "content": null}]}"#, "messages"),
        BadBody("C8 image", #"{"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}]}"#, "messages"),
        BadBody("C10 zero", chat(#""max_tokens": 0"#), "max_tokens"),
        BadBody("C10 completion tokens", chat(#""max_completion_tokens": -2"#), "max_completion_tokens"),
        BadBody("C15 stream", chat(#""n": 2, "stream": true"#), "n"),
        BadBody("C16 21", chat(#""logprobs": true, "top_logprobs": 21"#), "top_logprobs"),
        BadBody("C16 -1", chat(#""logprobs": true, "top_logprobs": -1"#), "top_logprobs"),
        BadBody("C16 alone", chat(#""top_logprobs": 2"#), "top_logprobs"),
        BadBody("C16 number", chat(#""logprobs": 1"#), "logprobs"),
        BadBody("continue nothing", chat(#""continue_": true"#), "continue_"),
        BadBody("mode", chat(#""mode": "notebook""#), "mode"),
    ]

    private static func chat(_ members: String) -> String {
        #"{"messages": [{"role": "user", "content": "x"}], \#(members)}"#
    }

    @Test("C6 to C16: chat requests", arguments: chats)
    func badChats(bad: BadBody) async {
        let client = InMemoryClient()
        let reply = await client.post("/v1/chat/completions", bad.body)
        #expect(reply.status == 400)
        reply.expectEnvelope(param: bad.param)
        #expect(client.service.engine.requests.isEmpty)
    }

    static let both: [BadBody] = [
        BadBody("C5 2^63", #""max_tokens": 9223372036854775808"#, "max_tokens"),
        BadBody("C10 -2", #""max_tokens": -2"#, "max_tokens"), BadBody("C10 1.5", #""max_tokens": 1.5"#, "max_tokens"),
        BadBody("C10 text", #""max_tokens": "5""#, "max_tokens"),
        BadBody("C11 -1", #""temperature": -1"#, "temperature"),
        BadBody("C11 text", #""temperature": "nan""#, "temperature"),
        BadBody("C12 -0.1", #""top_p": -0.1"#, "top_p"), BadBody("C12 1.0001", #""top_p": 1.0001"#, "top_p"),
        BadBody("C12 top_k", #""top_k": -2"#, "top_k"),
        BadBody("C12 presence", #""presence_penalty": 1e30"#, "presence_penalty"),
        BadBody("C12 frequency", #""frequency_penalty": -1e30"#, "frequency_penalty"),
        BadBody("C12 repetition", #""repetition_penalty": 0"#, "repetition_penalty"),
        BadBody("C13 number", #""stop": 5"#, "stop"), BadBody("C13 mixed", #""stop": ["a", 5]"#, "stop"),
        BadBody("C13 many", #""stop": [\#(Array(repeating: "\"a\"", count: 10_000).joined(separator: ","))]"#, "stop"),
        BadBody("C13 long", #""stop": "\#(String(repeating: "a", count: 1 << 20))""#, "stop"),
        BadBody("C15 0", #""n": 0"#, "n"), BadBody("C15 10^9", #""n": 1000000000"#, "n"),
        BadBody("C17 key", #""logit_bias": {"a": 1}"#, "logit_bias"),
        BadBody("C17 negative", #""logit_bias": {"-1": 1}"#, "logit_bias"),
        BadBody("C17 value", #""logit_bias": {"1": "x"}"#, "logit_bias"),
        BadBody("C17 id", #""logit_bias": {"257": 1}"#, "logit_bias"),
        BadBody("C17 many", #""logit_bias": {\#((0..<5000).map { "\"\($0)\": 1" }.joined(separator: ","))}"#, "logit_bias"),
        BadBody("C18 seed", #""seed": -2"#, "seed"),
        BadBody("C23 format", #""response_format": {"type": "xml"}"#, "response_format"),
        BadBody("C23 text", #""response_format": "json""#, "response_format"),
        BadBody("C23 no schema", #""response_format": {"type": "json_schema"}"#, "response_format"),
        BadBody("C23 keyword", schema(#"{"type": "string", "not": {}}"#), "response_format"),
        BadBody("C23 loop", schema(##"{"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}}"##), "response_format"),
        BadBody("C23 regex", #""guided_regex": "(a""#, "regex"),
        BadBody("C23 two forms", #""regex": "a", "response_format": {"type": "json_object"}"#, "response_format"),
        BadBody("C24 grammar", #""grammar_string": "root ::= x""#, "grammar_string"),
        BadBody("C24 depth", #""grammar_string": "root ::= \#(String(repeating: "(", count: 60_000))""#, "grammar_string"),
        BadBody("C24 recursion", #""grammar_string": "root ::= root \"a\" | \"b\"""#, "grammar_string"),
        BadBody("C24 repeats", #""grammar_string": "root ::= \"a\"{1,100000}""#, "grammar_string"),
        BadBody("C25 tools", #""tools": [{"type": "function"}]"#, "tools"),
        BadBody("beams", #""num_beams": 65"#, "num_beams"), BadBody("guidance", #""guidance_scale": "x""#, "guidance_scale"),
        BadBody("two methods", #""num_beams": 2, "guidance_scale": 1.5"#, "num_beams"),
        BadBody("contrast of one", #""penalty_alpha": 0.6, "top_k": 1, "temperature": 0"#, "top_k"),
        BadBody("session", #""session_id": "s", "n": 2"#, "session_id"),
        BadBody("mirostat", #""mirostat_mode": 3"#, "mirostat_mode"), BadBody("xtc", #""xtc_probability": 1.5"#, "xtc_probability"),
        BadBody("dry", #""dry_sequence_breakers": "[1]""#, "dry_sequence_breakers"),
        BadBody("dynatemp", #""dynatemp_low": -1"#, "dynatemp_low"), BadBody("order", #""sampler_order": "best""#, "sampler_order"),
        BadBody("stream", #""stream": "yes""#, "stream"), BadBody("bans", #""custom_token_bans": "1,x""#, "custom_token_bans"),
        BadBody("priority", #""sampler_priority": [1]"#, "sampler_priority"),
        BadBody("window", #""repetition_penalty_range": -2"#, "repetition_penalty_range"),
        BadBody("model", #""model": 5"#, "model"),
    ]

    @Test(
        "what clients send for off, or for no limit, is taken so",
        arguments: [
            #""adaptive_target": -0.01, "adaptive_decay": 0.9"#, #""top_k": -1"#, #""repetition_penalty_range": -1"#,
            #""max_tokens": -1"#, #""top_p": 0"#,
        ])
    func off(fields: String) async throws {
        let client = InMemoryClient()
        #expect(await client.post("/v1/completions", #"{"prompt": "x", \#(fields)}"#).status == 200)
        let request = try #require(client.service.engine.requests.first)
        #expect(request.sampling.adaptiveTarget == 0 && request.sampling.topK >= 0 && request.sampling.penaltyRange >= 0)
        if fields.contains("max_tokens") { #expect(request.maxTokens == HostServerConfiguration().maximumMaxTokens) }
        if fields.contains("top_p") { #expect(request.sampling.topP == 0) }
    }

    private static func schema(_ schema: String) -> String {
        #""response_format": {"type": "json_schema", "json_schema": {"name": "x", "strict": true, "schema": \#(schema)}}"#
    }

    @Test("C10 to C25: values that both routes refuse by name", arguments: both)
    func badFields(bad: BadBody) async {
        for (path, start) in [
            ("/v1/completions", #""prompt": "x""#),
            ("/v1/chat/completions", #""messages": [{"role": "user", "content": "x"}]"#),
        ] {
            let reply = await InMemoryClient().post(path, "{\(start), \(bad.body)}")
            #expect(reply.status == 400, "\(reply.text)")
            reply.expectEnvelope(param: bad.param)
        }
    }

    static let completions = [
        BadBody("C10 0 alone", #"{"prompt": "x", "max_tokens": 0}"#, "max_tokens"),
        BadBody("C15 stream", #"{"prompt": "x", "n": 2, "stream": true}"#, "n"),
        BadBody("C15 best_of", #"{"prompt": "x", "n": 3, "best_of": 2}"#, "best_of"),
        BadBody("C15 best of a stream", #"{"prompt": "x", "best_of": 2, "stream": true}"#, "best_of"),
        BadBody("C15 together", #"{"prompt": ["x", "y"], "n": 100}"#, "prompt"),
        BadBody("C16 -1", #"{"prompt": "x", "logprobs": -1}"#, "logprobs"),
        BadBody("C16 10^6", #"{"prompt": "x", "logprobs": 1000000}"#, "logprobs"),
        BadBody("C16 true", #"{"prompt": "x", "logprobs": true}"#, "logprobs"),
        BadBody("C19 missing", "{}", "prompt"), BadBody("C19 null", #"{"prompt": null}"#, "prompt"),
        BadBody("C19 empty", #"{"prompt": []}"#, "prompt"), BadBody("C19 empty ids", #"{"prompt": [[]]}"#, "prompt"),
        BadBody("C19 negative", #"{"prompt": [-1]}"#, "prompt"), BadBody("C19 vocabulary", #"{"prompt": [257]}"#, "prompt"),
        BadBody("C19 fraction", #"{"prompt": [1.5]}"#, "prompt"), BadBody("C19 mixed", #"{"prompt": ["a", 5]}"#, "prompt"),
        BadBody("C19 number", #"{"prompt": 5}"#, "prompt"),
        BadBody("C19 many", #"{"prompt": [\#(Array(repeating: "\"a\"", count: 10_000).joined(separator: ","))]}"#, "prompt"),
        BadBody("stream of several", #"{"prompt": ["a", "b"], "stream": true}"#, "prompt"),
    ]

    @Test("C10 to C19: completion requests", arguments: completions)
    func badCompletions(bad: BadBody) async {
        let client = InMemoryClient()
        let reply = await client.post("/v1/completions", bad.body)
        #expect(reply.status == 400)
        reply.expectEnvelope(param: bad.param)
        #expect(client.service.engine.requests.isEmpty)
    }

    @Test("C20: a prompt beyond the cap is told by the code that clients know")
    func longPrompt() async {
        let client = InMemoryClient(.init(refusal: GenerationError(.promptTooLong, "prompt", "has 9 tokens, the cap is 8")))
        let reply = await client.post("/v1/completions", #"{"prompt": "xxxxxxxxx"}"#)
        #expect(reply.status == 400)
        reply.expectEnvelope(param: "prompt", code: "context_length_exceeded")
    }

    @Test("null is the default of every optional field, and neutral values are fine")
    func nullsAndNeutrals() async {
        let client = InMemoryClient()
        let names = [
            "model", "max_tokens", "temperature", "top_p", "n", "stream", "stream_options", "logprobs", "echo", "stop",
            "seed", "best_of", "suffix", "logit_bias", "user", "presence_penalty", "frequency_penalty", "tools",
            "response_format", "grammar_string", "min_p", "tfs",
        ]
        let nulls = names.map { "\"\($0)\": null" }.joined(separator: ", ")
        #expect(await client.post("/v1/completions", #"{"prompt": "x", \#(nulls)}"#).status == 200)
        let neutral = #"""
            {"prompt": "x", "num_beams": 1, "length_penalty": 1, "early_stopping": false, "penalty_alpha": 0.0,
             "mirostat_mode": 0, "mirostat_tau": 5, "guidance_scale": 1, "negative_prompt": "", "grammar_string": "",
             "repetition_penalty_range": 1024, "truncation_length": 2048, "add_bos_token": true, "typical_p": 1,
             "dynamic_temperature": false, "dynatemp_low": 1, "dry_multiplier": 0, "dry_base": 1.75, "tools": [],
             "response_format": {"type": "text"}, "tool_choice": "none", "xtc_probability": 0, "preset": "None",
             "sampler_priority": ["repetition_penalty", "dry", "temperature", "top_k", "top_p", "min_p"],
             "temperature_last": false, "stream_options": {"include_usage": true}, "best_of": 1}
            """#
        let reply = await client.post("/v1/completions", neutral)
        #expect(reply.status == 200, "\(reply.text)")
    }

    @Test("every sampler's fields reach the engine")
    func samplers() async throws {
        let client = InMemoryClient()
        let reply = await client.post(
            "/v1/completions",
            #"""
            {"prompt": "x", "top_n_sigma": 1.5, "xtc_probability": 0.5, "xtc_threshold": 0.2, "smoothing_factor": 0.3,
             "smoothing_curve": 1.5, "dry_multiplier": 0.8, "dry_base": 2, "dry_allowed_length": 3,
             "dry_sequence_breakers": "\"\\n\", \"-\"", "adaptive_target": 0.4, "adaptive_decay": 0.8,
             "dynamic_temperature": true, "dynatemp_low": 0.5, "dynatemp_high": 2, "dynatemp_exponent": 1.5,
             "guidance_scale": 1.5, "negative_prompt": "no", "length_penalty": 2, "early_stopping": true,
             "truncation_length": 2048, "session_id": "mine",
             "mirostat_mode": 2, "mirostat_tau": 4, "mirostat_eta": 0.2, "repetition_penalty_range": 64,
             "sampler_priority": "min_p, top_p\nunheard_of", "temperature_last": true, "penalty_decay": 0.99}
            """#)
        #expect(reply.status == 200, "\(reply.text)")
        var expected = SamplingParameters.default
        expected.topNSigma = 1.5
        (expected.xtcProbability, expected.xtcThreshold) = (0.5, 0.2)
        (expected.smoothingFactor, expected.smoothingCurve) = (0.3, 1.5)
        (expected.dryMultiplier, expected.dryBase, expected.dryAllowedLength) = (0.8, 2, 3)
        expected.dryBreakers = ["\n", "-"]
        (expected.adaptiveTarget, expected.adaptiveDecay) = (0.4, 0.8)
        expected.dynamicTemperature = .init(low: 0.5, high: 2, exponent: 1.5)
        expected.mirostat = .init(.two, tau: 4, eta: 0.2)
        expected.penaltyRange = 64
        expected.priority = [.minP, .topP]
        expected.temperatureLast = true
        expected.penaltyDecay = 0.99
        (expected.guidanceScale, expected.negativePrompt) = (1.5, "no")
        (expected.lengthPenalty, expected.stopsBeamsEarly) = (2, true)
        let request = try #require(client.service.engine.requests.first)
        #expect(request.sampling == expected)
        #expect(request.truncationLength == 2048 && request.sessionID == "mine")
    }

    @Test("an unknown field is ignored, and told in the log once")
    func unknownFields() async {
        let client = InMemoryClient()
        for _ in 0..<3 {
            #expect(await client.post("/v1/completions", #"{"prompt": "x", "frobnicate": 1}"#).status == 200)
        }
        #expect(client.log.lines.filter { $0.contains("frobnicate") }.count == 1)
    }

    @Test("C11: a temperature of nothing, next to nothing or a lot is fine", arguments: ["0", "1e-9", "1e9"])
    func temperatures(value: String) async {
        #expect(await InMemoryClient().post("/v1/completions", #"{"prompt": "x", "temperature": \#(value)}"#).status == 200)
    }
}
