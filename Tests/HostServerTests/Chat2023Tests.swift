import HostCore
import HostGeneration
import HostHTTP
import HostServer
import Support
import Testing

@Suite("The chat API of 2023")
struct Chat2023Tests {
    static func chat(_ client: InMemoryClient, _ fields: String) async throws -> JSONValue {
        let reply = await client.post("/api/v1/chat", "{\(fields)}")
        #expect(reply.status == 200, "\(reply.text)")
        return try #require(try reply.json()["results"]?.arrayValue?.first?["history"])
    }

    static let history =
        #""history": {"internal": [["<|BEGIN-VISIBLE-CHAT|>", "Hello."], ["Hi", "Yes?"]], "visible": [["", "Hello."], ["Hi", "Yes?"]], "kept": 1}"#

    @Test("a question is answered in the character's words, and the history grows by a turn")
    func question() async throws {
        let client = InMemoryClient(.init(answer: " Well, <USER>"))
        let history = try await Self.chat(
            client,
            #"""
            "user_input": "Go on", \#(Self.history), "character": "None", "your_name": "Tim", "name2": "Bot", "context": "C.",
            "stop_at_newline": true, "max_new_tokens": "20", "chat_generation_attempts": 1
            """#)
        #expect(
            history == [
                "internal": [["<|BEGIN-VISIBLE-CHAT|>", "Hello."], ["Hi", "Yes?"], ["Go on", "Well, <USER>"]],
                "visible": [["", "Hello."], ["Hi", "Yes?"], ["Go on", "Well, Tim"]], "kept": 1,
            ])
        let request = try #require(client.service.engine.requests.first)
        #expect(request.prompt == .text("C.\nBot: Hello.\nTim: Hi\nBot: Yes?\nTim: Go on\nBot:", parsesSpecialTokens: false))
        #expect(request.stopStrings == ["\n", "\nTim:", "\nBot:"] && request.maxTokens == 20)
        #expect(request.sampling.temperature == 0.5 && request.sampling.repetitionPenalty == 1.1)
    }

    @Test("regenerate forgets the last reply, _continue goes on with it, and without a question nothing changes")
    func again() async throws {
        let client = InMemoryClient(.init(answer: " more"))
        let names = #""character": "None", "name2": "Bot""#
        let again = try await Self.chat(client, #""user_input": "", "regenerate": true, \#(Self.history), \#(names)"#)
        #expect(again["internal"]?.arrayValue?.last == ["Hi", "more"])
        #expect(client.service.engine.requests.last?.prompt == .text("Bot: Hello.\nYou: Hi\nBot:", parsesSpecialTokens: false))
        let longer = try await Self.chat(client, #""user_input": "", "_continue": true, \#(Self.history), \#(names)"#)
        #expect(longer["visible"]?.arrayValue?.last == ["Hi", "Yes? more"])
        #expect(client.service.engine.requests.last?.prompt == .text("Bot: Hello.\nYou: Hi\nBot: Yes?", parsesSpecialTokens: false))
        let empty = try await Self.chat(client, #""regenerate": true, "history": {"internal": [], "visible": []}"#)
        #expect(empty == ["internal": [], "visible": []])
        let greeting = #""history": {"internal": [["<|BEGIN-VISIBLE-CHAT|>", "A"]], "visible": [["", "A"]]}"#
        #expect(try await Self.chat(client, #""regenerate": true, \#(greeting)"#)["visible"] == [["", "A"]])
        #expect(client.service.engine.requests.count == 2)
    }

    @Test("mode instruct uses a template, named or spelled out")
    func instruct() async throws {
        let client = InMemoryClient()
        let ask = #""user_input": "Hi", "history": {}, "mode": "instruct""#
        _ = try await Self.chat(client, #"\#(ask), "instruction_template": "RWKV-Raven""#)
        #expect(client.service.engine.requests.last?.prompt == .text("Bob: Hi\n\nAlice:", parsesSpecialTokens: false))
        _ = try await Self.chat(
            client,
            #"\#(ask), "name1_instruct": "Q:", "name2_instruct": "A:", "context_instruct": "C\n", "turn_template": "<|user|><|user-message|>\n<|bot|><|bot-message|>\n""#
        )
        #expect(client.service.engine.requests.last?.prompt == .text("C\nQ:Hi\nA:", parsesSpecialTokens: false))
        _ = try await Self.chat(client, #"\#(ask), "instruction_template": "None""#)
        #expect(client.service.engine.requests.last?.prompt == .text("User: Hi\n\nAssistant:", parsesSpecialTokens: false))
    }

    @Test("a prompt longer than chat_prompt_size loses its oldest turns, never the question")
    func size() async throws {
        let client = InMemoryClient()
        let rows = (0..<40).map { #"["q\#($0)", "a\#($0)"]"# }.joined(separator: ",")
        let body = #""user_input": "last", "history": {"internal": [\#(rows)], "visible": [\#(rows)]}, "character": "None", "context": "Ctx.""#
        _ = try await Self.chat(client, #"\#(body), "chat_prompt_size": 100"#)
        guard case .text(let text, _)? = client.service.engine.requests.last?.prompt else { throw CancellationError() }
        #expect(text.hasPrefix("Ctx.\n") && text.hasSuffix("You: last\nAI:") && text.utf8.count <= 100 && text.utf8.count > 80)
        _ = try await Self.chat(client, #"\#(body), "chat_prompt_size": 1"#)
        #expect(client.service.engine.requests.last?.prompt == .text("Ctx.\nYou: last\nAI:", parsesSpecialTokens: false))
    }

    @Test(
        "what cannot be is refused with a true status",
        arguments: [
            #""history": {}"#, #""user_input": "x", "history": {"internal": [["a"]], "visible": [["a"]]}"#,
            #""user_input": "x", "history": {"internal": [["a", "b"]], "visible": []}"#, #""user_input": "x", "character": "../x""#,
            #""user_input": "x", "regenerate": true, "_continue": true"#, #""user_input": "x", "chat_generation_attempts": 3"#,
            #""user_input": "x", "instruction_template": "Absent""#,
        ])
    func refused(fields: String) async throws {
        let reply = await InMemoryClient().post("/api/v1/chat", "{\(fields)}")
        #expect(reply.status == 400, "\(reply.text)")
        #expect(try reply.json()["error"]?["message"]?.stringValue?.isEmpty == false)
    }
}
