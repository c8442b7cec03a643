import Foundation
import HostCore
import HostGeneration
import HostServer
import Support
import Testing

/// The whole list of generation parameters: each of them changes something, or is known to change nothing.
@Suite("Every parameter has its effect")
struct ParameterEffectTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        /// What it needs beside it to matter.
        let companions: String
        let value: String
        var testDescription: String { name }

        init(_ name: String, _ value: String, with companions: String = "") {
            self.name = name
            self.value = value
            self.companions = companions
        }
    }

    static let dynamic = #""dynamic_temperature": true, "dynatemp_low": 0.5, "dynatemp_high": 2"#

    /// Those that change the distribution of the next token.
    static let distribution = [
        Case("temperature", "0.5"), Case("top_k", "3"), Case("top_p", "0.5"), Case("min_p", "0.2"),
        Case("typical_p", "0.2"), Case("typical", "0.2"), Case("typ_p", "0.2"), Case("epsilon_cutoff", "100"), Case("eta_cutoff", "3000"),
        Case("tfs", "0.5"), Case("tfs_z", "0.5"), Case("top_a", "0.5"), Case("top_n_sigma", "1"), Case("repetition_penalty", "1.5"),
        Case("repetition_penalty_range", "1", with: #""repetition_penalty": 1.5"#),
        Case("rep_pen_range", "1", with: #""repetition_penalty": 1.5"#),
        Case("repeat_last_n", "1", with: #""repetition_penalty": 1.5"#),
        Case("penalty_range", "1", with: #""repetition_penalty": 1.5"#), Case("encoder_rep_pen", "1.5"), Case("nsigma", "1"),
        Case("freq_pen", "1"), Case("rep_pen", "1.5"), Case("repeat_penalty", "1.5"),
        Case("presence_penalty", "1"), Case("presence_pen", "1"), Case("frequency_penalty", "1"),
        Case("alpha_presence", "1"), Case("alpha_frequency", "1"), Case("alpha_decay", "0.5", with: #""frequency_penalty": 1"#),
        Case("repetition_context_size", "1", with: #""repetition_penalty": 1.5"#), Case("tfz", "0.5"), Case("bias", #"{"98": 5}"#),
        Case("frequency_pen", "1"), Case("penalty_decay", "0.5", with: #""frequency_penalty": 1"#),
        Case("global_penalty", "true", with: #""frequency_penalty": 1, "penalty_decay": 0.5"#),
        Case("encoder_repetition_penalty", "1.5"), Case("no_repeat_ngram_size", "2"), Case("min_length", "100"),
        Case("ban_eos_token", "true"), Case("ignore_eos", "true"), Case("min_tokens", "5"),
        Case("min_new_tokens", "5"), Case("allowed_token_ids", "[98, 99]"), Case("custom_token_bans", #""98, 99""#), Case("logit_bias", #"{"98": 5}"#),
        Case("xtc_probability", "1", with: #""temperature": 0.2"#),
        Case("xtc_threshold", "0.3", with: #""temperature": 0.2, "xtc_probability": 1"#),
        Case("dynamic_temperature", "true", with: #""dynatemp_low": 0.5, "dynatemp_high": 2"#),
        Case("dynatemp_low", "0.2", with: #""dynamic_temperature": true, "dynatemp_high": 2"#),
        Case("dynatemp_high", "3", with: #""dynamic_temperature": true, "dynatemp_low": 0.5"#),
        Case("dynatemp_exponent", "3", with: dynamic), Case("smoothing_factor", "1"),
        Case("smoothing_curve", "2", with: #""smoothing_factor": 1"#), Case("mirostat_mode", "1"), Case("mirostat", "2"),
        Case("dynatemp_range", "0.9"), Case("dynatemp_min", "0.2", with: #""dynamic_temperature": true, "dynatemp_high": 2"#),
        Case("dynatemp_max", "3", with: #""dynamic_temperature": true, "dynatemp_low": 0.5"#),
        Case("min_temp", "0.2", with: #""dynamic_temperature": true, "dynatemp_high": 2"#),
        Case("max_temp", "3", with: #""dynamic_temperature": true, "dynatemp_low": 0.5"#),
        Case("temp_exponent", "3", with: dynamic),
        Case("mirostat_tau", "0.1", with: #""mirostat_mode": 2"#), Case("adaptive_target", "0.5"),
        Case("dry_multiplier", "2"), Case("dry_base", "4", with: #""dry_multiplier": 0.1"#),
        Case("dry_allowed_length", "6", with: #""dry_multiplier": 2"#),
        Case("dry_penalty_last_n", "2", with: #""dry_multiplier": 2"#),
        Case("dry_sequence_breakers", #"["b"]"#, with: #""dry_multiplier": 2"#),
        Case("temperature_last", "true", with: #""temperature": 3, "top_p": 0.5"#),
        Case("sampler_priority", #"["top_p", "temperature"]"#, with: #""temperature": 3, "top_p": 0.5"#),
        Case("samplers", #"["top_p", "temperature"]"#, with: #""temperature": 3, "top_p": 0.5"#),
        Case("sampler_order", "[2, 5]", with: #""temperature": 3, "top_p": 0.5"#),
        Case("sampler_order", #""rwkv""#, with: #""temperature": 3, "top_p": 0.5"#),
        Case("preset", #""Creative""#), Case("grammar_string", #""root ::= \"a\"""#), Case("grammar", #""root ::= \"a\"""#),
        Case("regex", #""a""#), Case("json_schema", #"{"type": "integer"}"#),
        Case("response_format", #"{"type": "json_object"}"#),
    ]

    @Test("parameters of the distribution change it", arguments: distribution)
    func changesDistribution(_ test: Case) async throws {
        let client = InMemoryClient(serving: EngineService())
        func ask(_ fields: [String]) async throws -> JSONValue {
            let base = #""prompt": "abcabcab", "use_samplers": true, "top_logits": 257"#
            let neutral = test.companions.contains("temperature\"") || test.name == "temperature" ? "" : #""temperature": 1"#
            let shape = test.companions.contains("top_p") || test.name == "top_p" ? "" : #""top_p": 1"#
            let all = ([base, neutral, shape, #""seed": 3"#] + fields).filter { !$0.isEmpty }.joined(separator: ", ")
            let reply = await client.post("/v1/internal/logits", "{\(all)}")
            #expect(reply.status == 200, "\(reply.text)")
            return try reply.json()
        }
        #expect(try await ask([test.companions, "\"\(test.name)\": \(test.value)"]) != ask([test.companions]))
        #expect(!client.log.text.contains("unknown field"))
    }

    /// Those that change what is written after the first token, or how much.
    static let text = [
        Case("max_tokens", "3"), Case("max_new_tokens", "3"), Case("seed", "4"), Case("sampler_seed", "4"), Case("random_seed", "4"), Case("n_predict", "3"),
        Case("max_length", "3"), Case("cfg_scale", "3"), Case("stop_token_ids", "[98, 99, 100, 101]"),
        Case("stop_sequence", #""b""#, with: #""regex": "[ab]{16}""#),
        Case("stop_sequences", #"["b"]"#, with: #""regex": "[ab]{16}""#),
        Case("include_stop_str_in_output", "true", with: #""regex": "[ab]{16}", "stop": "b""#),
        Case("guided_choice", #"["yes", "no"]"#), Case("structured_outputs", #"{"choice": ["yes"]}"#),
        Case("ebnf", #""root ::= \"a\"""#), Case("regex_pattern", #""a""#), Case("guided_regex", #""a""#), Case("do_sample", "false"),
        Case("mirostat_eta", "1", with: #""mirostat_mode": 2, "mirostat_tau": 2"#),
        Case("adaptive_decay", "0.1", with: #""adaptive_target": 0.2"#),
        Case("guidance_scale", "3"), Case("negative_prompt", #""xyz""#, with: #""guidance_scale": 3"#),
        Case("num_beams", "3"), Case("penalty_alpha", "0.9", with: #""do_sample": false, "top_k": 8"#),
        Case("stop", #""b""#, with: #""regex": "[ab]{16}""#), Case("stopping_strings", #"["b"]"#, with: #""regex": "[ab]{16}""#),
        Case("truncation_length", "20", with: #""max_tokens": 16"#),
        Case("auto_max_new_tokens", "true", with: #""max_tokens": 4, "truncation_length": 20"#),
        Case("echo", "true"), Case("suffix", #""!""#), Case("n", "2"), Case("logprobs", "2"),
        Case("best_of", "4"),
    ]

    @Test("parameters of the text change it", arguments: text)
    func changesText(_ test: Case) async throws {
        func ask(_ fields: [String]) async throws -> JSONValue? {
            // A host of its own, so that what one request left changes nothing for the other.
            let model = ScriptedModel.scrambled(hiddenSize: 2) { [Float($0.last ?? 0), Float($0.count)] }
            let client = InMemoryClient(serving: EngineService(model)) { $0.defaultMaxTokens = 16 }
            let seed = test.name.hasSuffix("seed") ? "" : #""seed": 3"#
            let all = ([#""prompt": "abcabcab", "temperature_last": false"#, seed] + fields).filter { !$0.isEmpty }
            let reply = await client.post("/v1/completions", "{\(all.joined(separator: ", "))}")
            #expect(reply.status == 200, "\(reply.text)")
            #expect(!client.log.text.contains("unknown field"), "\(client.log.text)")
            return try reply.json()["choices"]
        }
        let seed = test.name.hasSuffix("seed") ? [#""seed": 3"#] : []
        #expect(try await ask([test.companions, "\"\(test.name)\": \(test.value)"]) != ask([test.companions] + seed))
    }

    @Test("the tables above leave out no knob", arguments: SamplingKnob.all.map(\.name))
    func complete(name: String) throws {
        // Shown by the test of beams below.
        if ["length_penalty", "early_stopping"].contains(name) { return }
        let knob = try #require(SamplingKnob.named(name))
        let shown = Set((Self.distribution + Self.text).map(\.name))
        for name in [knob.name] + knob.aliases { #expect(shown.contains(name), "\(name) has no test of its effect") }
    }

    @Test("what only weighs finished beams reaches the engine, whose search tests show the effect")
    func beams() async throws {
        let client = InMemoryClient()
        let body = #"{"prompt": "x", "num_beams": 3, "length_penalty": -2, "early_stopping": true}"#
        #expect(await client.post("/v1/completions", body).status == 200)
        let sampling = try #require(client.service.engine.requests.last).sampling
        #expect(sampling.lengthPenalty == -2)
        #expect(sampling.stopsBeamsEarly)
    }

    @Test("auto_max_new_tokens fills what the prompt leaves of the context")
    func fills() async throws {
        let client = InMemoryClient(serving: EngineService()) { $0.maximumMaxTokens = 40 }
        for (fields, count) in [
            (#""max_tokens": 4, "truncation_length": 20"#, 12), (#""max_tokens": 15, "truncation_length": 20"#, 15),
            (#""max_tokens": 4"#, 40),
        ] {
            let reply = await client.post(
                "/v1/completions", #"{"prompt": "abcabcab", "auto_max_new_tokens": true, \#(fields)}"#)
            #expect(try reply.json()["usage"]?["completion_tokens"]?.intValue == count, "\(reply.text)")
        }
    }

    @Test("auto_max_new_tokens cuts nothing of the prompt for a number of tokens that nobody sent")
    func fillsWithoutNumber() async throws {
        let client = InMemoryClient(serving: EngineService())
        let prompt = String(repeating: "ab", count: 25)
        for (path, fields) in [
            ("/v1/completions", #""prompt": "\#(prompt)""#),
            ("/v1/chat/completions", #""messages": [{"role": "user", "content": "ab"}]"#),
        ] {
            let reply = await client.post(path, "{\(fields), \"auto_max_new_tokens\": true, \"truncation_length\": 100}")
            let usage = try #require(try reply.json()["usage"], "\(reply.text)")
            #expect(usage["total_tokens"]?.intValue == 100)
            if path == "/v1/completions" { #expect(usage["prompt_tokens"]?.intValue == 50) }
        }
        let full = await client.post(
            "/v1/completions", #"{"prompt": "\#(prompt)", "auto_max_new_tokens": true, "truncation_length": 20}"#)
        #expect(try full.json()["usage"]?["prompt_tokens"]?.intValue == 19)
        #expect(try full.json()["usage"]?["completion_tokens"]?.intValue == 1)
    }

    @Test("max_tokens_second slows a stream down, and nothing else")
    func pace() async throws {
        let client = InMemoryClient(serving: EngineService())
        let clock = ContinuousClock()
        let body = #""prompt": "a", "max_tokens": 6, "max_tokens_second": 20, "seed": 1"#
        let start = clock.now
        let stream = await client.post("/v1/completions", "{\(body), \"stream\": true}")
        #expect(clock.now - start >= .milliseconds(240))
        let block = await client.post("/v1/completions", "{\(body)}")
        let text = try stream.chunks().compactMap { $0["choices"]?.arrayValue?.first?["text"]?.stringValue }.joined()
        #expect(try block.json()["choices"]?.arrayValue?.first?["text"]?.stringValue == text)
    }

    @Test("a text at a slow pace ends at once where its reader is when all are stopped")
    func stoppedPace() async throws {
        let service = EngineService(), clock = ContinuousClock()
        let client = InMemoryClient(serving: service)
        async let reply = client.post(
            "/v1/completions",
            #"{"prompt": "a", "max_tokens": 5000, "ban_eos_token": true, "max_tokens_second": 1, "stream": true, "stream_options": {"include_usage": true}}"#)
        while service.engine.load.running == 0 { try await Task.sleep(for: .milliseconds(1)) }
        try await Task.sleep(for: .milliseconds(100))
        let start = clock.now
        _ = await client.post("/v1/internal/stop-generation", "{}")
        let chunks = try await reply.chunks()
        #expect(clock.now - start < .milliseconds(800))
        #expect(chunks.last?["usage"]?["completion_tokens"]?.intValue ?? .max <= 4)
    }

    @Test("cache_salt keeps states apart; session_id goes on with a text")
    func states() async throws {
        let client = InMemoryClient(serving: EngineService())
        func ask(_ fields: String) async throws -> JSONValue {
            try await client.post("/v1/completions", #"{"prompt": "abcabcab", "temperature": 0, \#(fields)}"#).json()
        }
        func cached(_ answer: JSONValue) -> Int? {
            answer["usage"]?["prompt_tokens_details"]?["cached_tokens"]?.intValue
        }
        #expect(try await cached(ask(#""max_tokens": 1"#)) == 0)
        #expect(try await cached(ask(#""max_tokens": 1"#)) == 8)
        #expect(try await cached(ask(#""max_tokens": 1, "cache_salt": "x""#)) == 0)
        let first = try await ask(#""max_tokens": 4, "session_id": "s""#)
        #expect(try await ask(#""max_tokens": 4, "session_id": "s""#)["choices"] != first["choices"])
        let long = String(repeating: "x", count: 300)
        #expect(await client.post("/v1/completions", #"{"prompt": "x", "cache_salt": "\#(long)"}"#).status == 400)
        let reply = await client.post("/v1/completions", #"{"prompt": "x", "initial_state": "../x"}"#)
        reply.expectEnvelope(param: "initial_state")
    }

    @Test(
        "what means nothing to an RWKV is accepted and changes nothing",
        arguments: [
            #""add_bos_token": false"#, #""prompt_lookup_num_tokens": 4"#, #""user": "me""#, #""metadata": {}"#,
            #""store": true"#, #""service_tier": "auto""#,
        ])
    func harmless(_ field: String) async throws {
        let client = InMemoryClient(serving: EngineService())
        let body = #""prompt": "abcabcab", "seed": 3, "max_tokens": 8"#
        let plain = try await client.post("/v1/completions", "{\(body)}").json()["choices"]
        #expect(try await client.post("/v1/completions", "{\(body), \(field)}").json()["choices"] == plain)
        #expect(!client.log.text.contains("unknown field"))
    }
}
