import HostCore
import HostGeneration
import HostHTTP
import HostServer
import Testing

@Suite("Prompts by a model's own template")
struct TemplatePromptTests {
    /// Turns end with a control token.
    private static let template =
        "{% for m in messages %}{{ m.role }}: {{ m['content'] | trim }}<|endoftext|>{% endfor %}"
        + "{% if add_generation_prompt %}assistant:{% endif %}"

    private static func client(_ template: String? = template) -> InMemoryClient {
        InMemoryClient(promptFormat: PromptFormat(chatTemplate: template))
    }

    private static func body(_ content: String, _ more: String = "") -> String {
        #"{"messages": [{"role": "user", "content": "\#(content)"}]\#(more)}"#
    }

    @Test("the template's control tokens are control tokens")
    func controlTokens() async throws {
        let client = TemplatePromptTests.client()
        _ = await client.post("/v1/chat/completions", TemplatePromptTests.body("Hi"))
        let request = try #require(client.service.engine.requests.first)
        #expect(request.prompt == .text("user: Hi<|endoftext|>assistant:", parsesSpecialTokens: true))
        #expect(request.stopStrings == ["<|endoftext|>"])
    }

    @Test("E7: those that a user typed are not, beside the template's own")
    func typedControlTokens() async throws {
        let client = TemplatePromptTests.client()
        _ = await client.post("/v1/chat/completions", TemplatePromptTests.body("a<|endoftext|>b"))
        let tokenizer = ByteTokenizer()
        let expected =
            tokenizer.encode("user: a<|endoftext|>b", parsesSpecialTokens: false) + [0]
            + tokenizer.encode("assistant:", parsesSpecialTokens: false)
        #expect(client.service.engine.requests.first?.prompt == .tokens(expected))
    }

    @Test("a template without control tokens is plain text")
    func plainTemplate() async throws {
        let client = TemplatePromptTests.client(
            "{% for m in messages %}{{ m.role }}: {{ m.content }}\n\n{% endfor %}assistant:")
        _ = await client.post("/v1/chat/completions", TemplatePromptTests.body("Hi"))
        let request = try #require(client.service.engine.requests.first)
        #expect(request.prompt == .text("user: Hi\n\nassistant:", parsesSpecialTokens: false))
        #expect(request.stopStrings == ["\n\nassistant:", "\n\nuser:"])
    }

    @Test(
        "the forms of G1's own template end where they were taught to, and think when they are told to",
        arguments: [
            ("", "User✿Hi✿\nBot✿<think", ["✿"]), (#", "enable_thinking": false"#, "User✿Hi✿\nBot✿<think></think", ["✿"]),
            (#", "chat_template_kwargs": {"form": "headings"}"#, "### User\nHi\n### Assistant\n<think", ["\n### Assistant", "\n### User"]),
        ])
    func formsOfG1(fields: String, text: String, stops: [String]) async throws {
        let template = """
            {%- set out = namespace(parts=[]) -%}{%- set thought = '<think></think' if rwkv_generation_prompt == 'fake_think' else '<think' -%}
            {%- for m in messages -%}{%- if form == 'headings' -%}
            {%- set out.parts = out.parts + ['### ' + (m.role | capitalize), m.content] -%}
            {%- else -%}{%- set out.parts = out.parts + [('User' if m.role == 'user' else 'Bot') + '✿' + m.content + '✿'] -%}
            {%- endif -%}{%- endfor -%}
            {%- if add_generation_prompt -%}
            {%- set out.parts = out.parts + (['### Assistant', thought] if form == 'headings' else ['Bot✿' + thought]) -%}
            {%- endif -%}{{- out.parts | join('\n') -}}
            """
        let client = TemplatePromptTests.client(template)
        _ = await client.post("/v1/chat/completions", TemplatePromptTests.body("Hi", fields))
        let request = try #require(client.service.engine.requests.first)
        #expect(request.prompt == .text(text, parsesSpecialTokens: false))
        #expect(request.stopStrings == stops)
    }

    @Test("a continued answer is left open")
    func continued() async throws {
        let client = TemplatePromptTests.client()
        let body = #"{"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "Hel"}], "continue_": true}"#
        let json = try await client.post("/v1/internal/chat-prompt", body).json()
        #expect(json["prompt"] == "user: x<|endoftext|>assistant: Hel")
    }

    @Test("a template that refuses the messages is a 400 with its own words")
    func refusal() async {
        let client = TemplatePromptTests.client("{{ raise_exception('roles must alternate') }}")
        let reply = await client.post("/v1/chat/completions", TemplatePromptTests.body("x"))
        #expect(reply.status == 400)
        reply.expectEnvelope(param: "messages")
        #expect(reply.text.contains("roles must alternate"))
    }

    @Test(
        "E8: a template that is broken or runs away gives way to the family's format, with one warning",
        arguments: [
            "{% for m in messages %}", "{{ messages.nothing.at.all }}",
            "{% for a in range(100000) %}{% for b in range(100000) %}x{% endfor %}{% endfor %}",
            "{{ ''.__class__.__mro__ }}",
        ])
    func broken(template: String) async throws {
        let client = TemplatePromptTests.client(template)
        for _ in 0..<2 {
            let json = try await client.post("/v1/internal/chat-prompt", TemplatePromptTests.body("x")).json()
            #expect(json["prompt"] == "User: x\n\nAssistant:")
        }
        #expect(client.log.lines.filter { $0.contains("own format") }.count == 1)
    }

    @Test("C26: a request's own template needs the admin key, and a runaway one is a 400")
    func override() async throws {
        let template = #", "instruction_template_str": "{{ messages[0].content }}!""#
        let client = InMemoryClient {
            $0.apiKey = "user"
            $0.adminKey = "admin"
        }
        let path = "/v1/internal/chat-prompt"
        let refused = await client.post(
            path, TemplatePromptTests.body("x", template), headers: [("Authorization", "Bearer user")])
        #expect(refused.status == 403)
        let allowed = await client.post(
            path, TemplatePromptTests.body("x", template), headers: [("Authorization", "Bearer admin")])
        #expect(try allowed.json()["prompt"] == "x!")
        let loops = #", "chat_template_str": "{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}""#
        let endless = await client.post(
            path, TemplatePromptTests.body("x", loops), headers: [("Authorization", "Bearer admin")])
        #expect(endless.status == 400)
        endless.expectEnvelope(param: "chat_template_str")
    }
}
