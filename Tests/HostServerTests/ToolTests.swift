import HostCore
import HostServer
import Support
import Testing

@Suite("Tools")
struct ToolTests {
    private static let tools =
        #""tools": [{"type": "function", "function": {"name": "weather", "description": "The weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}}]"#
    private static let call = #"{"name": "weather", "arguments": {"city": "Ulm"}}"#

    private func body(_ fields: String = "", tools: String = ToolTests.tools) -> String {
        #"{"messages": [{"role": "user", "content": "How is it in Ulm?"}], \#(tools)\#(fields)}"#
    }

    @Test(
        "a call that the model writes is one in the answer, and its reason",
        arguments: [
            "", #", "tool_choice": "auto""#,
            #", "tool_choice": "required""#, #", "tool_choice": "any""#, #", "tool_choice": {"type": "function", "function": {"name": "weather"}}"#,
        ])
    func whole(choice: String) async throws {
        let json = try await InMemoryClient(.init(answer: " " + Self.call)).post("/v1/chat/completions", body(choice)).json()
        let first = json["choices"]?.arrayValue?.first
        #expect(first?["finish_reason"] == "tool_calls")
        #expect(first?["message"]?["content"] == .null)
        let call = first?["message"]?["tool_calls"]?.arrayValue?.first
        #expect(call?["type"] == "function" && call?["id"]?.stringValue?.hasPrefix("call_") == true)
        #expect(call?["function"] == ["name": "weather", "arguments": #"{"city": "Ulm"}"#])
    }

    @Test("a stream tells the name first and the arguments piece by piece; together they are the whole answer's")
    func streamed() async throws {
        let chunks = try await InMemoryClient(.init(answer: "Wait.\n```json\n\(Self.call)\n```"))
            .post("/v1/chat/completions", body(#", "stream": true"#)).chunks()
        let deltas = chunks.compactMap { $0["choices"]?.arrayValue?.first?["delta"] }
        let calls = deltas.compactMap { $0["tool_calls"]?.arrayValue?.first }
        #expect(calls.first?["function"]?["name"] == "weather" && calls.first?["id"] != nil)
        #expect(calls.dropFirst().allSatisfy { $0["id"] == nil && $0["function"]?["name"] == nil && $0["index"] == 0 })
        #expect(calls.count > 3)
        #expect(calls.compactMap { $0["function"]?["arguments"]?.stringValue }.joined() == #"{"city": "Ulm"}"#)
        #expect(deltas.compactMap { $0["content"]?.stringValue }.joined() == "Wait.\n")
        #expect(chunks.last?["choices"]?.arrayValue?.first?["finish_reason"] == "tool_calls")
    }

    @Test("the older functions are answered in their own form")
    func functions() async throws {
        let functions = #""functions": [{"name": "weather", "parameters": {"type": "object"}}], "function_call": {"name": "weather"}"#
        let json = try await InMemoryClient(.init(answer: Self.call)).post("/v1/chat/completions", body(tools: functions)).json()
        let first = json["choices"]?.arrayValue?.first
        #expect(first?["finish_reason"] == "function_call")
        #expect(first?["message"]?["function_call"] == ["name": "weather", "arguments": #"{"city": "Ulm"}"#])
    }

    @Test("no tools are offered with tool_choice none, and calls are text then")
    func none() async throws {
        let client = InMemoryClient(.init(answer: Self.call))
        let json = try await client.post("/v1/chat/completions", body(#", "tool_choice": "none""#)).json()
        #expect(json["choices"]?.arrayValue?.first?["message"]?["content"]?.stringValue == Self.call)
        let prompt = try await client.post("/v1/internal/chat-prompt", body(#", "tool_choice": "none""#)).json()
        #expect(prompt["prompt"]?.stringValue?.contains("weather") == false)
    }

    @Test("the model is told of the tools, of calls and of what they gave back; broken arguments stand as text")
    func prompt() async throws {
        let messages =
            #"{"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Ulm?"}, {"role": "assistant", "content": null, "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{\"city\": "}}]}, {"role": "tool", "tool_call_id": "c1", "content": "rain"}], \#(Self.tools)}"#
        let reply = await InMemoryClient().post("/v1/internal/chat-prompt", messages)
        let prompt = try #require(try reply.json()["prompt"]?.stringValue, "\(reply.text)")
        #expect(prompt.contains("Be brief."))
        #expect(prompt.contains("- weather(city: string): The weather"))
        #expect(prompt.contains("```json"))
        #expect(prompt.contains("Function output:\nrain"))
    }

    @Test("where a template refuses system turns and knows no tools, the user's first turn tells of them")
    func withoutSystem() async throws {
        let template =
            "{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('no system') }}{% endif %}[{{ m.role }}]{{ m.content }}{% endfor %}"
        let client = InMemoryClient(promptFormat: PromptFormat(chatTemplate: template))
        let talk = #""messages": [{"role": "user", "content": "Ulm?"}]"#
        let reply = try await client.post("/v1/internal/chat-prompt", "{\(talk), \(Self.tools)}").json()["prompt"]?.stringValue
        #expect(reply?.hasPrefix("[user]Tools:\n- weather(city: string): The weather") == true)
        #expect(reply?.hasSuffix("\n\nUlm?") == true)
        // What the client itself says to a system role stays refused.
        let own = #""messages": [{"role": "system", "content": "Be."}, {"role": "user", "content": "Ulm?"}]"#
        #expect(await client.post("/v1/internal/chat-prompt", "{\(own), \(Self.tools)}").status == 400)
    }

    @Test(
        "what is wrong with tools is told by name",
        arguments: [
            (#""tools": [{"type": "function", "function": {}}]"#, "tools"),
            (#""tools": [{"type": "function"}]"#, "tools"),
            (#""tools": [{"type": "custom", "name": "x"}]"#, "tools"),
            (#""tools": [{"type": "function", "function": {"name": "f", "parameters": 3}}]"#, "tools"),
            (#""tools": [{"type": "function", "function": {"name": "f"}}, {"type": "function", "function": {"name": "f"}}]"#, "tools"),
            (#""tools": [{"type": "function", "function": {"name": "f"}}], "tool_choice": {"type": "function", "function": {"name": "g"}}"#, "tool_choice"),
            (#""tools": [], "tool_choice": "required""#, "tool_choice"),
            (#""tool_choice": 3, "tools": [{"type": "function", "function": {"name": "f"}}]"#, "tool_choice"),
        ])
    func wrong(tools: String, param: String) async throws {
        let reply = await InMemoryClient().post("/v1/chat/completions", body(tools: tools))
        #expect(reply.status == 400)
        #expect(try reply.json()["error"]?["param"]?.stringValue == param)
    }

    @Test("parameters that no form can be made of are not kept to, and the call is JSON all the same")
    func freeForm() async throws {
        let odd =
            #""tools": [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string", "pattern": "(?<=a)b"}}}}}], "tool_choice": "required""#
        let json = try await InMemoryClient(.init(answer: Self.call)).post("/v1/chat/completions", body(tools: odd)).json()
        #expect(json["choices"]?.arrayValue?.first?["message"]?["tool_calls"]?.arrayValue?.count == 1)
    }
}
