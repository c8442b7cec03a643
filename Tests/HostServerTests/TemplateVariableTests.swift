import HostCore
import HostServer
import Testing

@Suite("What templates are told, and what they leave open")
struct TemplateVariableTests {
    private func prompt(
        _ template: String, _ fields: String = "", messages: String = #"[{"role": "user", "content": "Hi"}]"#,
        texts: [String: String] = [:]
    ) async throws -> String? {
        var promptFormat = PromptFormat(chatTemplate: template)
        promptFormat.specialTexts = texts
        let reply = await InMemoryClient(promptFormat: promptFormat)
            .post("/v1/internal/chat-prompt", #"{"messages": \#(messages)\#(fields)}"#)
        return try reply.json()["prompt"]?.stringValue
    }

    @Test(
        "tojson honours its arguments",
        arguments: [
            (#"{{ "é" | tojson(ensure_ascii=true) }}"#, #""\u00e9""#), (#"{{ "é" | tojson }}"#, #""é""#),
            (#"{{ "😀" | tojson(ensure_ascii=true) }}"#, #""\ud83d\ude00""#),
            (#"{{ {"b": 1, "a": 2} | tojson(sort_keys=true) }}"#, #"{"a": 2, "b": 1}"#),
            (#"{{ {"b": [1, 2]} | tojson(separators=(",", ":")) }}"#, #"{"b":[1,2]}"#),
        ])
    func json(template: String, expected: String) async throws {
        #expect(try await prompt(template) == expected)
    }

    @Test("special tokens are those of the model's own configuration")
    func specialTokens() async throws {
        let template = "[{{ bos_token }}][{{ eos_token }}]"
        #expect(try await prompt(template, texts: ["bos_token": "<s>", "eos_token": "</s>"]) == "[<s>][</s>]")
    }

    @Test("several system messages at the beginning are one")
    func system() async throws {
        let messages = #"[{"role": "system", "content": "A"}, {"role": "developer", "content": "B"}, {"role": "user", "content": "Hi"}]"#
        let text = try await prompt("{% for m in messages %}{{ m.role }}={{ m.content }};{% endfor %}", messages: messages)
        #expect(text == "system=A\nB;user=Hi;")
    }

    @Test("variables for the template come through, and so do names and the way to switch thinking off")
    func variables() async throws {
        let template = "{{ thinking_budget }} {{ enable_thinking }} {{ messages[0].name }}"
        let text = try await prompt(
            template, #", "chat_template_kwargs": {"thinking_budget": 5, "enable_thinking": false}"#,
            messages: #"[{"role": "user", "content": "Hi", "name": "Ann"}]"#)
        #expect(text == "5 False Ann")
        #expect(try await prompt("{{ enable_thinking }}", #", "reasoning_effort": "none""#) == "False")
    }

    @Test(
        "a template that leaves the tag of a thought open is understood",
        arguments: [
            ("<think", ">\nhm\n</think>\nYes", "hm"), ("<think>\n</think", ">\nYes", nil),
        ])
    func openTag(end: String, answer: String, thought: String?) async throws {
        let template = "{% for m in messages %}{{ m.content }}{% endfor %} Assistant: \(end)"
        let client = InMemoryClient(.init(answer: answer), promptFormat: PromptFormat(chatTemplate: template))
        let body = #"{"messages": [{"role": "user", "content": "Hi"}]}"#
        let message = try await client.post("/v1/chat/completions", body).json()["choices"]?.arrayValue?.first?["message"]
        #expect(message?["content"] == "Yes")
        #expect(message?["reasoning_content"]?.stringValue == thought)
    }
}
