import HostCore
import HostGeneration
import HostHTTP
import HostServer
import HostTemplates
import Support
import Testing

@Suite("Instruction templates by name")
struct InstructionTemplateTests {
    static let talk = """
        "messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": " Yes? "}, {"role": "user", "content": "Go"}]
        """

    @Test(
        "the forms of 2023 and of today, and those that are built in",
        arguments: [
            (
                "Alpaca",
                "Below is an instruction that describes a task. Write a response that fits the request.\n\n### Instruction:\nHi\n\n### Response:\nYes?\n\n### Instruction:\nGo\n\n### Response:\n"
            ),
            ("RWKV-Raven", "Bob: Hi\n\nAlice: Yes?\n\nBob: Go\n\nAlice:"), ("RWKV-World", "User: Hi\n\nAssistant: Yes?\n\nUser: Go\n\nAssistant:"),
            ("ChatML", "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nYes?<|im_end|>\n<|im_start|>user\nGo<|im_end|>\n<|im_start|>assistant\n"),
            ("Round", "[1]Q{%:Hi\nA':Yes?\n[2]Q{%:Go\nA':"), ("Today", "Hi; Yes? ;Go;"), ("Plain", "3"), ("Old", "ctx Q Hi\nA Yes?\nQ Go\nA"),
        ])
    func forms(name: String, expected: String) async throws {
        let folder = try TemporaryFolder()
        try folder.write(
            "characters/instruction-following/Round.yaml",
            "name: \"A':\"\nyour_name: \"[<|round|>]Q{%:\"\nturn_template: \"<|user|><|user-message|>\\n<|bot|><|bot-message|>\\n\"\n".utf8)
        try folder.write(
            "instruction-templates/Today.yaml", "instruction_template: |-\n  {%- for m in messages %}\n  {{- m['content'] }};\n  {%- endfor %}\n".utf8)
        try folder.write("instruction-templates/Plain.jinja", "{{ messages | length }}".utf8)
        try folder.write(
            "instruction-templates/Old.yaml", "user: Q\nbot: A\nturn_template: <|user|> <|user-message|>\\n<|bot|> <|bot-message|>\\n\ncontext: 'ctx '\n".utf8)
        let client = InMemoryClient { $0.userFolder = folder.path }
        let reply = await client.post("/v1/internal/chat-prompt", #"{\#(Self.talk), "instruction_template": "\#(name)"}"#)
        #expect(try reply.json()["prompt"] == .string(expected), "\(reply.text)")
    }

    @Test(
        "a system message takes the place of the context, or goes where it is wanted",
        arguments: [
            ("Alpaca", "Be.\n\n### Instruction:\nHi\n\n### Response:\n"), ("RWKV-World", "System: Be.\n\nUser: Hi\n\nAssistant:"),
            ("RWKV-Raven", "Be.\nBob: Hi\n\nAlice:"),
        ])
    func system(name: String, expected: String) async throws {
        let body = #"{"messages": [{"role": "system", "content": "Be."}, {"role": "user", "content": "Hi"}], "instruction_template": "\#(name)"}"#
        #expect(try await InMemoryClient().post("/v1/internal/chat-prompt", body).json()["prompt"] == .string(expected))
    }

    @Test("None and an empty name leave the model its own", arguments: ["None", ""])
    func none(name: String) async throws {
        let client = InMemoryClient(promptFormat: PromptFormat(chatTemplate: "own"))
        let reply = await client.post("/v1/internal/chat-prompt", #"{\#(Self.talk), "instruction_template": "\#(name)"}"#)
        #expect(try reply.json()["prompt"] == "own")
    }

    @Test("a load's template stays with the model until its next load; else the host's own holds, before the model's")
    func ofLoad() async throws {
        let client = InMemoryClient(promptFormat: PromptFormat(chatTemplate: "own"))
        func prompt() async throws -> JSONValue? {
            try await client.post("/v1/internal/chat-prompt", "{\(Self.talk)}").json()["prompt"]
        }
        #expect(await client.post("/v1/internal/model/load", #"{"model_name": "demo.pth", "instruction_template_str": "{{ 1 + 1 }}"}"#).status == 200)
        #expect(try await prompt() == "2")
        #expect(await client.post("/v1/internal/model/load", #"{"model_name": "demo.pth", "instruction_template": "RWKV-Raven"}"#).status == 200)
        #expect(try await prompt()?.stringValue?.hasPrefix("Bob: Hi") == true)
        #expect(await client.post("/v1/internal/model/load", #"{"model_name": "demo.pth"}"#).status == 200)
        #expect(try await prompt() == "own")
        let broken = await client.post("/v1/internal/model/load", #"{"model_name": "demo.pth", "instruction_template_str": "{% for"}"#)
        broken.expectEnvelope(param: "instruction_template_str")
        let host = InMemoryClient(promptFormat: PromptFormat(chatTemplate: "own")) { $0.chatOptions.hostTemplate = "host" }
        #expect(try await host.post("/v1/internal/chat-prompt", "{\(Self.talk)}").json()["prompt"] == "host")
        _ = await host.post("/v1/internal/model/load", #"{"model_name": "demo.pth", "instruction_template_str": "load"}"#)
        #expect(try await host.post("/v1/internal/chat-prompt", "{\(Self.talk)}").json()["prompt"] == "load")
    }

    @Test("a model's template that fails says so in the answer's head, whole and streamed")
    func warning() async throws {
        let client = InMemoryClient(promptFormat: PromptFormat(chatTemplate: "{{ messages.a.b.c }}é"))
        for more in ["", #", "stream": true"#] {
            let reply = await client.post("/v1/chat/completions", "{\(Self.talk)\(more)}")
            #expect(reply.headers["X-Warning"]?.contains("own format") == true)
        }
        #expect(await InMemoryClient().post("/v1/chat/completions", "{\(Self.talk)}").headers["X-Warning"] == nil)
    }

    @Test("templates see what the request says, and reasoning_effort only where the request has it")
    func variables() async throws {
        let template = "{{ reasoning_effort is defined }}|{{ thinking_budget }}|{{ documents[0].text }}|{{ preserve_thinking }}|{{ name1 }}"
        let client = InMemoryClient(promptFormat: PromptFormat(chatTemplate: template))
        let bare = try await client.post("/v1/internal/chat-prompt", "{\(Self.talk)\(#", "documents": [{"text": "d"}]"#)}").json()
        #expect(bare["prompt"] == "False||d||")
        let full = try await client.post(
            "/v1/internal/chat-prompt",
            #"""
            {\#(Self.talk), "mode": "instruct", "reasoning_effort": "high", "thinking_budget": 5, "documents": [{"text": "d"}], "preserve_thinking": true, "name1": "N"}
            """#
        ).json()
        #expect(full["prompt"] == "True|5|d|True|N")
        let host = InMemoryClient(promptFormat: PromptFormat(chatTemplate: "{{ reasoning_effort }}{{ enable_thinking }}")) {
            $0.chatOptions = ChatOptions(thinking: false, reasoningEffort: "low")
        }
        #expect(try await host.post("/v1/internal/chat-prompt", "{\(Self.talk)}").json()["prompt"] == "lowFalse")
    }
}
