import Foundation
import HostCore
import HostGeneration
import HostHTTP
import HostServer
import Support
import Testing

@Suite("What the page asks of the host")
struct PageRouteTests {
    @Test("each token of a chat and each alternative comes with its number")
    func tokenNumbers() async throws {
        let reply = await InMemoryClient().post(
            "/v1/chat/completions", #"{"messages": [{"role": "user", "content": "x"}], "logprobs": true, "top_logprobs": 2}"#)
        let first = try reply.json()["choices"]?.arrayValue?[0]["logprobs"]?["content"]?.arrayValue?.first
        #expect(first?["token_id"]?.intValue == 33)
        #expect(first?["top_logprobs"]?.arrayValue?.map { $0["token_id"]?.intValue } == [98, 99])
    }

    @Test("completions tell log-probabilities as chats do where they are asked to", arguments: [true, false])
    func details(isAsked: Bool) async throws {
        let reply = await InMemoryClient().post(
            "/v1/completions", #"{"prompt": "x", "logprobs": 2, "max_tokens": 1, "logprob_details": \#(isAsked)}"#)
        let content = try reply.json()["choices"]?.arrayValue?[0]["logprobs"]?["content"]?.arrayValue
        #expect(content?.first?["token_id"]?.intValue == (isAsked ? 33 : nil))
    }

    @Test("an answer goes on from its very tokens, and only what is new is told")
    func begunTokens() async throws {
        let client = InMemoryClient()
        let body =
            #"{"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}], "continue_": true, "continue_token_ids": [33, 80]}"#
        let reply = await client.post("/v1/chat/completions", body)
        #expect(reply.status == 200, "\(reply.text)")
        guard case .tokens(let tokens) = client.service.engine.requests.last?.prompt else {
            Issue.record("the prompt is not tokens")
            return
        }
        #expect(Array(tokens.suffix(2)) == [33, 80])
        let plain = InMemoryClient()
        _ = await plain.post("/v1/chat/completions", #"{"messages": [{"role": "user", "content": "x"}]}"#)
        if case .text(let text, _) = plain.service.engine.requests.last?.prompt { #expect(tokens.count == text.utf8.count + 2) }
        // The answer's space is not its first any more.
        #expect(try reply.json()["choices"]?.arrayValue?[0]["message"]?["content"]?.stringValue == " Hello")
    }

    @Test(
        "tokens that nothing goes on from, or that are none, are refused by name",
        arguments: [
            #""continue_token_ids": [1]"#, #""continue_": true, "continue_token_ids": [999]"#, #""continue_": true, "continue_token_ids": ["a"]"#,
        ])
    func badTokens(fields: String) async {
        let reply = await InMemoryClient().post(
            "/v1/chat/completions", #"{"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}], \#(fields)}"#)
        #expect(reply.status == 400)
        reply.expectEnvelope(param: "continue_token_ids")
    }

    @Test("the next token comes with its probability before and after the samplers")
    func detailedLogits() async throws {
        let client = InMemoryClient()
        client.service.engine.edit { script in
            script.logits = [Float](repeating: -.infinity, count: 257)
            script.logits[98] = 0
            script.logits[52] = Float(log(3.0))
        }
        let json = try await client.post("/v1/internal/logits", #"{"prompt": "x", "detailed": true, "top_logits": 1}"#).json()
        let both = await client.post("/v1/internal/logits", #"{"prompt": "x", "detailed": true, "raw": true}"#)
        both.expectEnvelope(param: "raw")
        let first = json["tokens"]?.arrayValue?.first
        #expect(first?["token_id"]?.intValue == 52 && first?["token"] == "3" && json["tokens"]?.arrayValue?.count == 1)
        #expect(abs((first?["probability"]?.doubleValue ?? 0) - 0.75) < 1e-6 && first?["sampled"] != nil)
        #expect(abs((json["kept"]?.doubleValue ?? 0) - 1) < 1e-6)
    }

    @Test("a state is summed up layer by layer, with how far it moved")
    func stateSummary() async throws {
        let client = InMemoryClient()
        let json = try await client.post("/v1/internal/state/summary", #"{"prompt": "abcd", "since": "abc"}"#).json()
        let layers = json["layers"]?.arrayValue ?? []
        #expect(layers.map { $0["rms"]?.doubleValue } == [4, 8] && layers.map { $0["moved"]?.doubleValue } == [1, 2])
        #expect(json["bytes"]?.intValue == 32)
        let alone = try await client.post("/v1/internal/state/summary", #"{"tokens": [1, 2]}"#).json()
        #expect(alone["layers"]?.arrayValue?[0]["moved"]?.isNull == true)
        await client.post("/v1/internal/state/summary", "{}").expectEnvelope(param: "prompt")
        await client.post("/v1/internal/state/summary", #"{"tokens": [1], "since": [999]}"#).expectEnvelope(param: "since")
    }

    @Test("a strategy is told layer by layer without a load, or what is wrong with it and where")
    func strategy() async throws {
        let service = SummaryService()
        let client = InMemoryClient(serving: service)
        let json = try await client.post(
            "/v1/internal/strategy", #"{"model_name": "big", "strategy": "cuda fp16i8 *2 -> cpu fp32"}"#
        ).json()
        let layers = json["layers"]?.arrayValue ?? []
        #expect(layers.map { $0["device"]?.stringValue } == ["cuda", "cuda", "cpu", "cpu", "cpu"])
        #expect(layers.map { $0["format"]?.stringValue } == ["fp16i8", "fp16i8", "fp32", "fp32", "fp32"])
        let cuda = json["weight_bytes"]?["cuda"]?.intValue ?? 0, cpu = json["weight_bytes"]?["cpu"]?.intValue ?? 0
        // Two of four layers, a byte for each number where the file has two.
        #expect(abs(cuda - 2 * 13 * 64 * 64 * 105 / 100) < 1000)
        #expect(abs(cpu - (2 * 13 * 64 * 64 * 2 + 2 * 64 * 100 * 2)) < 1000)
        let bad = await client.post("/v1/internal/strategy", #"{"model_name": "big", "strategy": "cpu fp8"}"#)
        #expect(bad.status == 400 && bad.text.contains("column 5"))
        bad.expectEnvelope(param: "strategy", code: "invalid_strategy")
        #expect(await client.post("/v1/internal/strategy", #"{"model_name": "none", "strategy": "cpu fp32"}"#).status == 404)
    }

    @Test("only a client that has seen what a copy of a chat is now may change it")
    func chats() async throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        let client = InMemoryClient { $0.chatFolder = folder.url.appending(path: "chats").path(percentEncoded: false) }
        func put(_ body: String) async -> Reply { await client.send("PUT", "/v1/internal/chats/a1", Array(body.utf8)) }
        #expect(try await client.get("/v1/internal/chats").json()["chats"] == [])
        let first = try await put(#"{"revision": null, "chat": {"title": "One", "messages": [1]}}"#).json()["revision"]?.stringValue
        let revision = try #require(first)
        #expect(await put(#"{"revision": null, "chat": {"title": "Other"}}"#).status == 409)
        let second = try await put(#"{"revision": "\#(revision)", "chat": {"title": "Two", "messages": []}}"#).json()["revision"]?.stringValue
        let stale = await put(#"{"revision": "\#(revision)", "chat": {"title": "Three"}}"#)
        #expect(stale.status == 409)
        stale.expectEnvelope(code: "revision_conflict")
        let kept = try await client.get("/v1/internal/chats/a1").json()
        #expect(kept["chat"]?["title"] == "Two" && kept["revision"]?.stringValue == second)
        let listed = try await client.get("/v1/internal/chats").json()["chats"]?.arrayValue?.first
        #expect(listed?["chat"]?["title"] == "Two" && listed?["chat"]?["messages"] == nil)
        #expect(await client.send("DELETE", "/v1/internal/chats/a1").status == 200)
        #expect(await client.get("/v1/internal/chats/a1").status == 404)
    }

    @Test("names of chats lead nowhere else", arguments: ["..", "a.b", "a/b", "%2e%2e", String(repeating: "a", count: 65)])
    func chatNames(name: String) async throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        let client = InMemoryClient { $0.chatFolder = folder.url.path(percentEncoded: false) }
        #expect(await client.get("/v1/internal/chats/\(name)").status == 400)
    }
}

/// A host with one model of known sizes, which nothing loads.
private struct SummaryService: ModelService {
    private let service = EngineService()

    func listings() async -> [ModelListing] {
        let numbers = 4 * 13 * 64 * 64 + 2 * 64 * 100
        let summary = ProbeSummary(architecture: "RWKV-4", weightBytes: 2 * numbers, layerCount: 4, hiddenSize: 64, vocabularySize: 100)
        return [ModelListing(id: "big.pth", state: .available, loader: "scripted", summary: summary)]
    }

    func status() async -> ServiceStatus { await service.status() }
    func health() async -> ServiceHealth { await service.health() }
    func lease(model name: String?) async throws(ModelServiceError) -> EngineLease { try await service.lease(model: name) }
    func load(model name: String, options: LoadOptions?) async throws(ModelServiceError) -> String { name }
    func unload() async {}
    func unload(model name: String?) async {}
    func stopAll() async {}
    func cancelLoads(model name: String?) async -> [String] { [] }
    func counters() async -> ServiceCounters { await service.counters() }
}
