import HostCore
import HostGeneration
import Support
import Testing

@testable import HostServer

@Suite("Models that think")
struct ThinkingTests {
    /// A model that has learnt one answer, and what it was given to read.
    static func client(
        _ id: String, generation: String, kind: String = "World", prompt: String, writes answer: String,
        promptFormat: PromptFormat = PromptFormat()
    ) -> (client: InMemoryClient, model: ScriptedModel) {
        let tokenizer = ByteTokenizer(kind: kind)
        // It would go on after the end of the text.
        let tokens = tokenizer.encode(answer, parsesSpecialTokens: false) + [0] + tokenizer.encode(" more", parsesSpecialTokens: false)
        let model = ScriptedModel.writing(tokens, after: prompt.utf8.count)
        let info = ModelInfo(
            architecture: "RWKV", generation: generation, layerCount: 1, hiddenSize: 1, vocabularySize: 257, plan: "",
            weightBytes: [:], stateBytes: 0)
        let loaded = LoadedModel(model: model, tokenizer: tokenizer, info: info, promptFormat: promptFormat)
        return (InMemoryClient(serving: EngineService(loaded, id: id)), model)
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var id = "rwkv7-g1a-0.1b.pth", generation = "7", kind = "World"
        var content = "Hi"
        /// Further messages and fields.
        var messages = "", fields = ""
        var template: String?
        let prompt: String, writes: String
        var thought: String?
        let answer: String
        var finish: JSONValue = "stop"

        var testDescription: String { "\(id) \(content) \(messages) \(fields) \(template ?? "")" }

        func body(streams: Bool) -> String {
            #"{"messages": [{"role": "user", "content": "\#(content)"}\#(messages)], "temperature": 0, "stream": \#(streams)\#(fields)}"#
        }
    }

    static let cases = [
        Case(
            fields: #", "enable_thinking": true"#, prompt: "User: Hi\n\nAssistant: <think",
            writes: ">\nA greeting.\n</think>\nHello!", thought: "A greeting.", answer: "Hello!"),
        Case(
            fields: #", "enable_thinking": false"#, prompt: "User: Hi\n\nAssistant: <think>\n</think", writes: ">\nHello!",
            answer: "Hello!"),
        Case(
            fields: #", "enable_thinking": true, "reasoning_effort": "high""#, prompt: "User: Hi (think a lot)\n\nAssistant: <think",
            writes: ">\nLong.\n</think>\nHello!", thought: "Long.", answer: "Hello!"),
        Case(
            fields: #", "enable_thinking": true"#, prompt: "User: Hi\n\nAssistant: <think",
            writes: " no end of the tag.\n</think>\nHello!", thought: "no end of the tag.", answer: "Hello!"),
        Case(
            fields: #", "enable_thinking": true, "chat_template_kwargs": {"rwkv_prompt_template": "bot"}"#,
            prompt: "User✿Hi✿\nBot✿<think", writes: ">\nA greeting.\n</think>\nHello!✿\nUser✿Me", thought: "A greeting.",
            answer: "Hello!"),
        Case(
            messages: #", {"role": "assistant", "content": "Yes"}, {"role": "user", "content": "Go"}"#,
            fields: #", "enable_thinking": false, "chat_template_kwargs": {"rwkv_prompt_template": "function_calling"}"#,
            prompt: "### User\nHi\n### Assistant\nYes\n### User\nGo\n### Assistant\n<think>\n</think",
            writes: ">\nHello!\n### User\nMe", answer: "Hello!"),
        Case(prompt: "User: Hi\n\nAssistant:", writes: " Hello!", answer: "Hello!"),
        Case(
            prompt: "User: Hi\n\nAssistant:", writes: " <think>Of itself.</think> Hello!", thought: "Of itself.",
            answer: "Hello!"),
        Case(
            id: "rwkv7-world.pth", fields: #", "enable_thinking": true"#, prompt: "User: Hi\n\nAssistant:", writes: " Hello!",
            answer: "Hello!"),
        Case(
            id: "rwkv6-world.pth", generation: "6", prompt: "User: Hi\n\nAssistant:", writes: " Hello!\n\nUser: Me",
            answer: "Hello!"),
        Case(
            id: "raven.pth", generation: "4", kind: "byte-level BPE", prompt: "Bob: Hi\n\nAlice:", writes: " Hello!\n\nBob: Me",
            answer: "Hello!"),
        Case(
            template: "{{ messages[0].content }}|<think>", prompt: "Hi|<think>", writes: "\nHm.\n</think>\nHello!",
            thought: "Hm.", answer: "Hello!"),
        Case(
            fields: #", "enable_thinking": true, "max_tokens": 8"#, prompt: "User: Hi\n\nAssistant: <think",
            writes: ">\nA long thought.\n</think>\nHello!", thought: "A long", answer: "", finish: "length"),
        Case(
            fields: #", "enable_thinking": true, "stop": ["thought"]"#, prompt: "User: Hi\n\nAssistant: <think",
            writes: ">\nA long thought.\n</think>\nHello!", thought: "A long", answer: ""),
        Case(
            content: "What is <think>", template: "{{ messages[0].content }}", prompt: "What is <think>", writes: " a</think>b",
            answer: "a</think>b"),
    ]

    /// A form has no room for a thought.
    static let forms = [
        Case(
            fields: #", "enable_thinking": true, "response_format": {"type": "json_object"}"#,
            prompt: "User: Hi\n\nAssistant: <think>\n</think>\n", writes: #"{"a":1}"#, answer: #"{"a":1}"#),
        Case(
            fields: #", "enable_thinking": false, "regex": "[a-z]+""#,
            prompt: "User: Hi\n\nAssistant: <think>\n</think>\n", writes: "yes", answer: "yes"),
        Case(fields: #", "regex": "<think>[a-z]+""#, prompt: "User: Hi\n\nAssistant:", writes: "<think>yes", answer: "<think>yes"),
        Case(
            fields: #", "response_format": {"type": "json_object"}"#, template: "{{ messages[0].content }}|<think>",
            prompt: "Hi|<think>", writes: #"{"a":1}"#, answer: #"{"a":1}"#),
        Case(
            fields: #", "enable_thinking": true, "guided_regex": "yes?""#,
            template: "{{ messages[0].content }}|{% if enable_thinking %}<think>{% endif %}", prompt: "Hi|", writes: "yes",
            answer: "yes"),
    ]

    static let continued = [
        Case(
            messages: #", {"role": "assistant", "content": "<think>\nHm,"}"#, fields: #", "continue_": true"#,
            prompt: "User: Hi\n\nAssistant: <think>\nHm,", writes: " so.\n</think>\nHello!", thought: " so.", answer: "Hello!"),
        Case(
            messages: #", {"role": "assistant", "content": "", "reasoning_content": "Hm,"}"#, fields: #", "continue_": true"#,
            prompt: "User: Hi\n\nAssistant: <think>\nHm,", writes: " so.\n</think>\nHello!", thought: " so.", answer: "Hello!"),
        Case(
            messages: #", {"role": "assistant", "content": "<think>Hm.</think>\nHel"}"#, fields: #", "continue_": true"#,
            prompt: "User: Hi\n\nAssistant: <think>Hm.</think>\nHel", writes: "lo </think>!", answer: "lo </think>!"),
        Case(
            messages: #", {"role": "assistant", "content": "<think>Hm,"}"#, fields: #", "continue_": true"#,
            template: "{% for m in messages %}{{ m.content }}|{% endfor %}", prompt: "Hi|<think>Hm,", writes: " so.</think>Hello!",
            thought: " so.", answer: "Hello!"),
    ]

    @Test("the prompt is the family's, the thought apart, and token 0 ends it, streamed or whole", arguments: cases + forms + continued)
    func conversation(_ item: Case) async throws {
        for streams in [false, true] {
            let (client, model) = Self.client(
                item.id, generation: item.generation, kind: item.kind, prompt: item.prompt, writes: item.writes,
                promptFormat: PromptFormat(chatTemplate: item.template))
            let body = item.body(streams: streams)
            let shown = try await client.post("/v1/internal/chat-prompt", body).json()
            #expect(shown["prompt"]?.stringValue == item.prompt)
            let reply = await client.post("/v1/chat/completions", body)
            let read = model.steps.joined().joined().prefix(item.prompt.utf8.count).map { UInt8($0 - 1) }
            #expect(String(decoding: read, as: UTF8.self) == item.prompt)
            if streams {
                let choices = try reply.chunks().compactMap { $0["choices"]?.arrayValue?.first }
                func text(_ key: String) -> String { choices.compactMap { $0["delta"]?[key]?.stringValue }.joined() }
                #expect(text("reasoning_content") == item.thought ?? "" && text("content") == item.answer)
                #expect(choices.last?["finish_reason"] == item.finish)
            } else {
                let choice = try reply.json()["choices"]?.arrayValue?.first, message = choice?["message"]
                #expect(message?["content"]?.stringValue == item.answer)
                #expect(message?["reasoning_content"]?.stringValue == item.thought)
                #expect(choice?["finish_reason"] == item.finish)
            }
        }
    }
    @Test("each of several choices has its own thought")
    func choices() async throws {
        let item = Self.cases[0]
        let (client, _) = Self.client(item.id, generation: "7", prompt: item.prompt, writes: item.writes)
        let reply = await client.post(
            "/v1/chat/completions",
            #"{"messages": [{"role": "user", "content": "Hi"}], "temperature": 0, "n": 3, "enable_thinking": true}"#)
        let messages = try #require(try reply.json()["choices"]?.arrayValue).map { $0["message"] }
        #expect(messages.count == 3)
        for message in messages {
            #expect(message?["reasoning_content"]?.stringValue == item.thought)
            #expect(message?["content"]?.stringValue == item.answer)
        }
    }
}
