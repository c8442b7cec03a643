import HostCore
import HostServer
import Testing

@Suite("POST /v1/messages")
struct MessagesTests {
    private static let hello = #"{"model": "claude-x", "max_tokens": 50, "messages": [{"role": "user", "content": "Hello"}]}"#
    private static let tools = #""tools": [{"name": "weather", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}]"#

    @Test("a whole answer has the members of the dialect")
    func whole() async throws {
        let json = try await InMemoryClient().post("/v1/messages", Self.hello).json()
        #expect(json.objectValue?.keys == ["id", "type", "role", "model", "content", "stop_reason", "stop_sequence", "usage"])
        #expect(json["type"] == "message" && json["role"] == "assistant" && json["model"] == "claude-x")
        #expect(json["content"] == [["type": "text", "text": "Hello"]])
        #expect(json["stop_reason"] == "end_turn" && json["stop_sequence"] == .null)
        #expect(json["usage"]?["output_tokens"]?.intValue ?? 0 > 0)
    }

    @Test("a stream is message_start, blocks, message_delta, message_stop, each event under its name")
    func stream() async throws {
        let body = #"{"max_tokens": 50, "stream": true, "messages": [{"role": "user", "content": "Hello"}]}"#
        let reply = await InMemoryClient(.init(answer: "<think>\nhm\n</think>\nHi")).post("/v1/messages", body)
        let events = try reply.events.map { try JSONValue(parsing: $0) }
        let types = events.compactMap { $0["type"]?.stringValue }
        #expect(types.first == "message_start" && types.dropFirst().first == "ping" && types.last == "message_stop")
        #expect(types.filter { $0 == "content_block_start" }.count == 2)
        #expect(events.compactMap { $0["delta"]?["thinking"]?.stringValue }.joined() == "hm")
        #expect(events.compactMap { $0["delta"]?["text"]?.stringValue }.joined() == "Hi")
        #expect(events.first { $0["type"] == "message_delta" }?["delta"]?["stop_reason"] == "end_turn")
        #expect(reply.text.hasPrefix("event: message_start\ndata: "))
        #expect(!reply.text.contains("[DONE]"))
    }

    @Test("a call is a block whose input comes in pieces")
    func call() async throws {
        let body = #"{"max_tokens": 80, "stream": true, "messages": [{"role": "user", "content": "Ulm?"}], "tool_choice": {"type": "any"}, \#(Self.tools)}"#
        let reply = await InMemoryClient(.init(answer: #"{"name": "weather", "arguments": {"city": "Ulm"}}"#)).post("/v1/messages", body)
        let events = try reply.events.map { try JSONValue(parsing: $0) }
        let start = events.first { $0["type"] == "content_block_start" }?["content_block"]
        #expect(start?["type"] == "tool_use" && start?["name"] == "weather" && start?["input"] == [:])
        #expect(events.compactMap { $0["delta"]?["partial_json"]?.stringValue }.joined() == #"{"city": "Ulm"}"#)
        #expect(events.first { $0["type"] == "message_delta" }?["delta"]?["stop_reason"] == "tool_use")
    }

    @Test("system, blocks, calls and results become the prompt; the billing line does not")
    func prompt() async throws {
        func count(_ system: String) async throws -> Int? {
            let body =
                #"{"system": [\#(system){"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}], "messages": [{"role": "user", "content": [{"type": "text", "text": "Ulm?"}]}, {"role": "assistant", "content": [{"type": "thinking", "thinking": "x", "signature": ""}, {"type": "tool_use", "id": "t", "name": "weather", "input": {"city": "Ulm"}}]}, {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "rain"}]}], \#(Self.tools)}"#
            let reply = await InMemoryClient().post("/v1/messages/count_tokens", body)
            #expect(reply.status == 200, "\(reply.text)")
            return try reply.json()["input_tokens"]?.intValue
        }
        let plain = try await count("")
        #expect(plain ?? 0 > 20)
        #expect(try await count(#"{"type": "text", "text": "x-anthropic-billing-header: cc=1; cch=2;"}, "#) == plain)
    }

    @Test("an answer has the form that output_config, or the older output_format, asks for")
    func form() async throws {
        let format = #"{"type": "json_schema", "schema": {"type": "integer", "minimum": 5, "maximum": 5}}"#
        for field in [#""output_config": {"effort": "low", "format": \#(format)}"#, #""output_format": \#(format)"#] {
            let body = #"{"max_tokens": 20, "messages": [{"role": "user", "content": "x"}], \#(field)}"#
            let reply = await InMemoryClient(serving: EngineService()).post("/v1/messages", body)
            #expect(try reply.json()["content"]?.arrayValue?.first?["text"] == "5", "\(reply.text)")
        }
        let wrong = await InMemoryClient().post(
            "/v1/messages", #"{"max_tokens": 5, "messages": [{"role": "user", "content": "x"}], "output_format": {"type": "xml"}}"#)
        #expect(wrong.status == 400 && wrong.text.contains("output_format"))
    }

    @Test("a document of plain text is part of what the user says")
    func document() async throws {
        func count(_ data: String) async throws -> Int {
            let source = #"{"type": "text", "media_type": "text/plain", "data": "\#(data)"}"#
            let body =
                #"{"messages": [{"role": "user", "content": [{"type": "document", "title": "T", "source": \#(source)}, {"type": "text", "text": "x"}]}]}"#
            return try #require(try await InMemoryClient().post("/v1/messages/count_tokens", body).json()["input_tokens"]?.intValue)
        }
        #expect(try await count("abcde") == count("a") + 4)
    }

    @Test("a stop string of the client is named, and the limit is told")
    func stops() async throws {
        let stopped = #"{"max_tokens": 50, "stop_sequences": ["cd"], "messages": [{"role": "user", "content": "x"}]}"#
        let json = try await InMemoryClient(.init(answer: "ab", stopString: "cd")).post("/v1/messages", stopped).json()
        #expect(json["stop_reason"] == "stop_sequence" && json["stop_sequence"] == "cd")
        let cut = #"{"max_tokens": 2, "messages": [{"role": "user", "content": "x"}]}"#
        #expect(try await InMemoryClient(.init(answer: "abcdef")).post("/v1/messages", cut).json()["stop_reason"] == "max_tokens")
    }

    @Test(
        "errors have the dialect's envelope",
        arguments: [
            #"{"messages": [{"role": "user", "content": "x"}]}"#, #"{"max_tokens": 5}"#, #"{"max_tokens": 5, "messages": []}"#,
            #"{"max_tokens": 5, "messages": [{"role": "user", "content": [{"type": "image", "source": {}}]}]}"#,
            #"{"max_tokens": 5, "messages": [{"role": "robot", "content": "x"}]}"#, "{",
        ])
    func errors(body: String) async throws {
        let reply = await InMemoryClient().post("/v1/messages", body)
        #expect(reply.status == 400)
        let json = try reply.json()
        #expect(json["type"] == "error" && json["error"]?["type"] == "invalid_request_error")
        #expect(json["error"]?["message"]?.stringValue?.isEmpty == false)
    }
}
