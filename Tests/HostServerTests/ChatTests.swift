import HostCore
import HostGeneration
import HostHTTP
import HostServer
import Testing

@Suite("POST /v1/chat/completions")
struct ChatTests {
    private static let hello = #"{"messages": [{"role": "user", "content": "Hello"}]}"#

    @Test(
        "a blocking answer has the members of the contract, and no space before the answer",
        arguments: ["/v1/chat/completions", "/chat/completions"])
    func blocking(path: String) async throws {
        let client = InMemoryClient()
        let json = try await client.post(path, ChatTests.hello).json()
        #expect(json.objectValue?.keys == ["id", "object", "created", "model", "system_fingerprint", "choices", "usage"])
        #expect(json["object"] == "chat.completion")
        #expect(json["id"]?.stringValue?.hasPrefix("chatcmpl-") == true)
        #expect(
            json["choices"] == [
                [
                    "index": 0, "finish_reason": "stop",
                    "message": ["role": "assistant", "refusal": nil, "content": "Hello"], "logprobs": nil,
                ]
            ])
    }

    @Test("a stream begins with the role, goes on with pieces, and ends with the reason and [DONE]")
    func streaming() async throws {
        let client = InMemoryClient(.init(answer: " 你!"))
        let body = #"{"messages": [{"role": "user", "content": "x"}], "stream": true}"#
        let reply = await client.post("/v1/chat/completions", body)
        let chunks = try reply.chunks()
        #expect(chunks.allSatisfy { $0["object"] == "chat.completion.chunk" && $0["usage"] == nil })
        #expect(Set(chunks.compactMap { $0["id"]?.stringValue }).count == 1)
        #expect(
            chunks.map { $0["choices"]?.arrayValue?.first } == [
                ["index": 0, "finish_reason": nil, "delta": ["role": "assistant", "refusal": nil, "content": ""], "logprobs": nil],
                ["index": 0, "finish_reason": nil, "delta": ["content": "你"], "logprobs": nil],
                ["index": 0, "finish_reason": nil, "delta": ["content": "!"], "logprobs": nil],
                ["index": 0, "finish_reason": "stop", "delta": [:], "logprobs": nil],
            ])
        #expect(reply.events.last == "[DONE]")
        #expect(reply.text.hasSuffix("data: [DONE]\n\n"))
    }

    @Test("usage comes in an extra chunk without choices, when asked for")
    func usage() async throws {
        let client = InMemoryClient()
        let body = #"{"messages": [{"role": "user", "content": "x"}], "stream": true, "stream_options": {"include_usage": true}}"#
        let chunks = try await client.post("/v1/chat/completions", body).chunks()
        #expect(chunks.last?["choices"] == [] && chunks.last?["usage"]?["total_tokens"]?.intValue ?? 0 > 6)
        #expect(chunks.dropLast().allSatisfy { $0["usage"] == .null })
    }

    @Test("how long the host took comes with the usage")
    func timings() async throws {
        let body = #"{"messages": [{"role": "user", "content": "x"}], "stream": true, "stream_options": {"include_usage": true}}"#
        let last = try await InMemoryClient().post("/v1/chat/completions", body).chunks().last
        let timings = try #require(last?["timings"])
        #expect(timings["predicted_n"] == last?["usage"]?["completion_tokens"])
        let read = (timings["prompt_n"]?.intValue ?? 0) + (timings["cache_n"]?.intValue ?? 0)
        #expect(read == last?["usage"]?["prompt_tokens"]?.intValue)
        for name in ["prompt_ms", "predicted_ms"] { #expect(timings[name]?.doubleValue ?? -1 >= 0, "\(name)") }
    }

    @Test("streamed pieces joined are the blocking answer", arguments: ["  Hello", "Grüße, 世界! 🎉", "a\n\nb", ""])
    func sameText(answer: String) async throws {
        let client = InMemoryClient(.init(answer: answer))
        let whole = try await client.post("/v1/chat/completions", ChatTests.hello).json()
        let stream = try await client.post(
            "/v1/chat/completions", #"{"messages": [{"role": "user", "content": "x"}], "stream": true}"#
        ).chunks()
        let pieces = stream.compactMap { $0["choices"]?.arrayValue?.first?["delta"]?["content"]?.stringValue }
        let text = whole["choices"]?.arrayValue?.first?["message"]?["content"]?.stringValue
        #expect(pieces.joined() == text)
        #expect(!pieces.contains { $0.contains("\u{FFFD}") })
    }

    @Test("logprobs have a token's text, bytes and alternatives, as many as asked for")
    func logprobs() async throws {
        let client = InMemoryClient(.init(answer: "é"))
        let body = #"{"messages": [{"role": "user", "content": "x"}], "logprobs": true, "top_logprobs": 1}"#
        let json = try await client.post("/v1/chat/completions", body).json()
        let entry = json["choices"]?.arrayValue?.first?["logprobs"]
        #expect(entry?["refusal"] == .null)
        #expect(
            entry?["content"] == [
                [
                    "token": #"bytes:\xc3"#, "logprob": -0.5, "bytes": [195], "token_id": 196,
                    "top_logprobs": [["token": "a", "logprob": -0.5, "bytes": [97], "token_id": 98]],
                ],
                [
                    "token": #"bytes:\xa9"#, "logprob": -0.5, "bytes": [169], "token_id": 170,
                    "top_logprobs": [["token": "a", "logprob": -0.5, "bytes": [97], "token_id": 98]],
                ],
            ])
        _ = await client.post(
            "/v1/chat/completions", #"{"messages": [{"role": "user", "content": "x"}], "logprobs": true}"#)
        #expect(client.service.engine.requests.last?.topLogprobs == 5)
    }

    @Test("several choices draw by different seeds and count the prompt once")
    func choices() async throws {
        let client = InMemoryClient()
        let body = #"{"messages": [{"role": "user", "content": "x"}], "n": 3, "seed": 1}"#
        let json = try await client.post("/v1/chat/completions", body).json()
        #expect(json["choices"]?.arrayValue?.count == 3)
        #expect(Set(client.service.engine.requests.compactMap(\.sampling.seed)) == [1, 2, 3])
        #expect(json["usage"]?["completion_tokens"] == 18)
    }

    @Test("what a user typed is never read as control tokens, and the family's stops come after the client's")
    func prompt() async throws {
        let client = InMemoryClient()
        let body = #"{"messages": [{"role": "user", "content": "<|endoftext|>"}], "stop": "END"}"#
        _ = await client.post("/v1/chat/completions", body)
        let request = try #require(client.service.engine.requests.first)
        #expect(request.prompt == .text("User: <|endoftext|>\n\nAssistant:", parsesSpecialTokens: false))
        #expect(request.stopStrings.prefix(2) == ["END", "\n\nUser:"])
    }

    @Test("a model's own stop strings take the place of the family's")
    func ownStops() async throws {
        let client = InMemoryClient(promptFormat: PromptFormat(stopStrings: ["<end>"]))
        _ = await client.post("/v1/chat/completions", ChatTests.hello)
        #expect(client.service.engine.requests.first?.stopStrings == ["<end>"])
    }

    @Test("a continued answer is left open in the prompt, and keeps its leading space")
    func continued() async throws {
        let client = InMemoryClient(.init(answer: " world"))
        let body = #"{"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "Hello"}], "continue_": true}"#
        let json = try await client.post("/v1/chat/completions", body).json()
        #expect(json["choices"]?.arrayValue?.first?["message"]?["content"] == " world")
        #expect(
            client.service.engine.requests.first?.prompt
                == .text("User: x\n\nAssistant: Hello", parsesSpecialTokens: false))
    }

    @Test("an error before the first token is an event after the role, and the end")
    func failure() async throws {
        let client = InMemoryClient(.init(failsAfter: 0))
        let reply = await client.post(
            "/v1/chat/completions", #"{"messages": [{"role": "user", "content": "x"}], "stream": true}"#)
        #expect(reply.isCut && reply.events.count == 2 && !reply.text.contains("[DONE]"))
    }

    @Test("chat-prompt shows what the model would read")
    func chatPrompt() async throws {
        let json = try await InMemoryClient().post("/v1/internal/chat-prompt", ChatTests.hello).json()
        #expect(json == ["prompt": "User: Hello\n\nAssistant:"])
    }
}
