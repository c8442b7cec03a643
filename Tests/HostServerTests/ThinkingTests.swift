import HostCore
import HostGeneration
import Support
import Testing

@testable import HostServer

@Suite("Models that think")
struct ThinkingTests {
    static let texts: [(text: String, isOpen: Bool, thought: String, answer: String)] = [
        ("<think>\nHm, a.\n\nSo b. \n</think>\n\nHello <think>x</think>", false, "Hm, a.\n\nSo b.", "Hello <think>x</think>"),
        ("  <think></think>Yes", false, "", "Yes"), ("<think>\n</think\nno end ", false, "</think\nno end", ""),
        ("<think>cut </thi", false, "cut </thi", ""), ("<thinking> is fun", false, "", "<thinking> is fun"),
        ("<think", false, "", "<think"), (" plain</think>", false, "", " plain</think>"), ("", false, "", ""),
        ("é\u{301}n\r\n</think>\r\n日本", true, "é\u{301}n", "日本"), ("</think>a", true, "", "a"),
    ]

    @Test("a thought is parted from the answer wherever the pieces end", arguments: texts)
    func splitter(text: String, isOpen: Bool, thought: String, answer: String) {
        let scalars = Array(text.unicodeScalars)
        for size in 1...max(1, scalars.count) {
            var splitter = ThoughtSplitter(isOpen: isOpen)
            var result = ("", "")
            for start in stride(from: 0, to: scalars.count, by: size) {
                var piece = ""
                piece.unicodeScalars.append(contentsOf: scalars[start..<min(start + size, scalars.count)])
                let parts = splitter.append(piece)
                result = (result.0 + parts.thought, result.1 + parts.answer)
            }
            let rest = splitter.flush()
            #expect(result.0 + rest.thought == thought && result.1 + rest.answer == answer, "pieces of \(size)")
        }
    }

    /// A model that has learnt one answer, and what it was given to read.
    static func client(
        _ id: String, generation: String, kind: String = "World", prompt: String, writes answer: String,
        prompting: Prompting = Prompting()
    ) -> (client: InMemoryClient, model: ScriptedModel) {
        let tokenizer = ByteTokenizer(kind: kind)
        // It would go on after the end of the text.
        let tokens = tokenizer.encode(answer, parsesSpecialTokens: false) + [0] + tokenizer.encode(" more", parsesSpecialTokens: false)
        let model = ScriptedModel.writing(tokens, after: prompt.utf8.count)
        let info = ModelInfo(
            architecture: "RWKV", generation: generation, layerCount: 1, hiddenSize: 1, vocabularySize: 257, plan: "",
            weightBytes: [:], stateBytes: 0)
        let loaded = LoadedModel(model: model, tokenizer: tokenizer, info: info, prompting: prompting)
        return (InMemoryClient(serving: EngineService(loaded, id: id)), model)
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var id = "rwkv7-g1a-0.1b.pth", generation = "7", kind = "World"
        var fields = ""
        var template: String?
        let prompt: String, writes: String
        var thought: String?
        let answer: String

        var testDescription: String { "\(id) \(fields)" }
    }

    static let cases = [
        Case(
            fields: #", "enable_thinking": true"#, prompt: "User: Hi\n\nAssistant: <think",
            writes: ">\nA greeting.\n</think>\nHello!", thought: "A greeting.", answer: "Hello!"),
        Case(
            fields: #", "enable_thinking": false"#, prompt: "User: Hi\n\nAssistant: <think>\n</think", writes: ">\nHello!",
            answer: "Hello!"),
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
    ]

    @Test("the prompt is the family's, the thought apart, and token 0 ends it, streamed or whole", arguments: cases)
    func conversation(_ item: Case) async throws {
        for streams in [false, true] {
            let (client, model) = Self.client(
                item.id, generation: item.generation, kind: item.kind, prompt: item.prompt, writes: item.writes,
                prompting: Prompting(chatTemplate: item.template))
            let body = #"{"messages": [{"role": "user", "content": "Hi"}], "temperature": 0, "stream": \#(streams)\#(item.fields)}"#
            let shown = try await client.post("/v1/internal/chat-prompt", body).json()
            #expect(shown["prompt"]?.stringValue == item.prompt)
            let reply = await client.post("/v1/chat/completions", body)
            let read = model.steps.joined().joined().prefix(item.prompt.utf8.count).map { UInt8($0 - 1) }
            #expect(String(decoding: read, as: UTF8.self) == item.prompt)
            if streams {
                let choices = try reply.chunks().compactMap { $0["choices"]?.arrayValue?.first }
                func text(_ key: String) -> String { choices.compactMap { $0["delta"]?[key]?.stringValue }.joined() }
                #expect(text("reasoning_content") == item.thought ?? "" && text("content") == item.answer)
                #expect(choices.last?["finish_reason"] == "stop")
            } else {
                let choice = try reply.json()["choices"]?.arrayValue?.first, message = choice?["message"]
                #expect(message?["content"]?.stringValue == item.answer)
                #expect(message?["reasoning_content"]?.stringValue == item.thought)
                #expect(choice?["finish_reason"] == "stop")
            }
        }
    }
}
