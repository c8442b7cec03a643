import HostCore
import HostServer
import Testing

@Suite("POST /v1/responses")
struct ResponsesTests {
    private static let hello = #"{"model": "x", "input": "Hello"}"#
    private static let tools =
        #""tools": [{"type": "web_search"}, {"type": "function", "name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}]"#

    @Test("a whole answer has the members of the dialect")
    func whole() async throws {
        let json = try await InMemoryClient().post("/v1/responses", Self.hello).json()
        #expect(json["object"] == "response" && json["status"] == "completed" && json["error"] == .null)
        #expect(json["id"]?.stringValue?.hasPrefix("resp_") == true)
        let item = json["output"]?.arrayValue?.first
        #expect(item?["type"] == "message" && item?["role"] == "assistant" && item?["status"] == "completed")
        #expect(item?["content"]?.arrayValue?.first?["text"] == "Hello")
        #expect(json["usage"]?["total_tokens"]?.intValue ?? 0 > 0)
    }

    @Test("events rise one by one, and the last one holds the whole answer")
    func stream() async throws {
        let body = #"{"input": [{"role": "user", "content": [{"type": "input_text", "text": "Hi"}]}], "stream": true}"#
        let reply = await InMemoryClient(.init(answer: "<think>\nhm\n</think>\nHi there")).post("/v1/responses", body)
        let events = try reply.events.map { try JSONValue(parsing: $0) }
        #expect(events.compactMap { $0["sequence_number"]?.intValue } == Array(0..<events.count))
        let types = events.compactMap { $0["type"]?.stringValue }
        #expect(types.prefix(2) == ["response.created", "response.in_progress"] && types.last == "response.completed")
        #expect(types.filter { $0 == "response.output_item.done" }.count == 2)
        #expect(events.filter { $0["type"] == "response.output_text.delta" }.compactMap { $0["delta"]?.stringValue }.joined() == "Hi there")
        let output = events.last?["response"]?["output"]?.arrayValue
        #expect(output?.map { $0["type"]?.stringValue } == ["reasoning", "message"])
        #expect(output == events.filter { $0["type"] == "response.output_item.done" }.compactMap { $0["item"] })
        #expect(reply.text.hasPrefix("event: response.created\ndata: ") && !reply.text.contains("[DONE]"))
    }

    @Test("a call has its own item, and tools of unknown kinds are passed over")
    func call() async throws {
        let body = #"{"input": "Ulm?", "tool_choice": "required", "stream": true, \#(Self.tools)}"#
        let reply = await InMemoryClient(.init(answer: #"{"name": "weather", "arguments": {"city": "Ulm"}}"#)).post("/v1/responses", body)
        let events = try reply.events.map { try JSONValue(parsing: $0) }
        let item = events.last?["response"]?["output"]?.arrayValue?.first
        #expect(item?["type"] == "function_call" && item?["name"] == "weather" && item?["arguments"] == #"{"city": "Ulm"}"#)
        #expect(item?["call_id"]?.stringValue?.hasPrefix("call_") == true)
        let pieces = events.filter { $0["type"] == "response.function_call_arguments.delta" }
        #expect(pieces.count > 3 && pieces.compactMap { $0["delta"]?.stringValue }.joined() == #"{"city": "Ulm"}"#)
    }

    @Test("a stored response can be gone on from, asked for, and deleted")
    func stored() async throws {
        let client = InMemoryClient()
        let first = try await client.post("/v1/responses", Self.hello).json()
        let id = try #require(first["id"]?.stringValue)
        #expect(try await client.get("/v1/responses/\(id)").json() == first)
        let items = try await client.get("/v1/responses/\(id)/input_items").json()
        #expect(items["data"]?.arrayValue?.first?["content"] == "Hello")
        let next = try await client.post("/v1/responses", #"{"input": "And?", "previous_response_id": "\#(id)"}"#).json()
        #expect(next["previous_response_id"]?.stringValue == id)
        let tokens = next["usage"]?["input_tokens"]?.intValue ?? 0
        #expect(tokens > first["usage"]?["input_tokens"]?.intValue ?? .max)
        #expect(try await client.send("DELETE", "/v1/responses/\(id)").json()["deleted"] == true)
        #expect(await client.get("/v1/responses/\(id)").status == 404)
        #expect(await client.post("/v1/responses", #"{"input": "x", "previous_response_id": "\#(id)"}"#).status == 404)
    }

    @Test("calls of custom tools and of a shell are part of the conversation, with what they gave")
    func otherCalls() async throws {
        func tokens(_ items: String) async throws -> Int {
            let reply = await InMemoryClient().post("/v1/responses", #"{"input": [{"role": "user", "content": "x"}\#(items)]}"#)
            return try #require(try reply.json()["usage"]?["input_tokens"]?.intValue, "\(reply.text)")
        }
        let none = try await tokens("")
        let call = try await tokens(#", {"type": "custom_tool_call", "call_id": "c", "name": "apply_patch", "input": "*** Begin"}"#)
        let output = try await tokens(#", {"type": "custom_tool_call_output", "call_id": "c", "output": "Done"}"#)
        let shell = try await tokens(#", {"type": "local_shell_call", "call_id": "c", "action": {"command": ["ls"]}}"#)
        #expect(call > none + "apply_patch*** Begin".count && output > none + "Done".count && shell > none + "local_shellls".count)
    }

    @Test(
        "what would change the text and is not here is refused by name",
        arguments: [
            #""prompt": {"id": "p"}"#, #""background": true"#, #""conversation": "c"# + "\"", #""bad_words": ["x"]"#,
            #""input": [{"type": "input_image", "image_url": "x"}]"#,
        ])
    func refused(field: String) async throws {
        let input = field.hasPrefix("\"input\"") ? "" : #", "input": "x""#
        let reply = await InMemoryClient().post("/v1/responses", "{\(field)\(input)}")
        let name = field.split(separator: "\"")[0]
        #expect(reply.status == 400)
        reply.expectEnvelope(param: String(name))
    }

    @Test("the limit is read under the other dialects' names")
    func limit() async throws {
        let client = InMemoryClient()
        _ = await client.post("/v1/responses", #"{"input": "x", "max_tokens": 3}"#)
        #expect(client.service.engine.requests.last?.maxTokens == 3)
    }

    @Test("store false keeps nothing")
    func unstored() async throws {
        let client = InMemoryClient()
        let json = try await client.post("/v1/responses", #"{"input": "Hello", "store": false}"#).json()
        #expect(await client.get("/v1/responses/\(json["id"]?.stringValue ?? "")").status == 404)
    }

    @Test("what a coding agent sends is taken: calls, their output, thoughts, instructions")
    func agent() async throws {
        let body =
            #"{"model": "m", "instructions": "Be brief.", "input": [{"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "a"}]}, {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "b"}]}, {"type": "reasoning", "summary": [], "encrypted_content": "x"}, {"type": "function_call", "call_id": "c", "name": "weather", "arguments": "{"}, {"type": "function_call_output", "call_id": "c", "output": "rain"}], "tools": [{"type": "function", "name": "weather", "strict": false, "parameters": {"type": "object"}}, {"type": "namespace"}], "tool_choice": "auto", "parallel_tool_calls": false, "reasoning": {"effort": "medium"}, "store": false, "stream": true, "include": ["reasoning.encrypted_content"], "prompt_cache_key": "k", "client_metadata": {}}"#
        let reply = await InMemoryClient().post("/v1/responses", body)
        #expect(reply.status == 200, "\(reply.text)")
        #expect(try JSONValue(parsing: #require(reply.events.last))["type"] == "response.completed")
    }

    @Test(
        "what is wrong is told by name",
        arguments: [
            (#"{}"#, "input"), (#"{"input": []}"#, "input"), (#"{"input": [{"type": "message", "role": "x", "content": "y"}]}"#, "input"),
            (#"{"input": "x", "background": true}"#, "background"), (#"{"input": "x", "tool_choice": "y"}"#, "tool_choice"),
            (#"{"input": "x", "text": {"format": {"type": "xml"}}}"#, "text"),
        ])
    func wrong(body: String, param: String) async throws {
        let reply = await InMemoryClient().post("/v1/responses", body)
        #expect(reply.status == 400)
        #expect(try reply.json()["error"]?["param"]?.stringValue == param)
    }
}
