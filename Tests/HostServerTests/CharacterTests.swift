import Foundation
import HostCore
import HostGeneration
import HostServer
import Support
import Testing

@Suite("Chats with characters")
struct CharacterTests {
    static func prompt(_ fields: String, folder: TemporaryFolder? = nil, template: String? = nil) async throws -> String {
        let client = InMemoryClient(promptFormat: PromptFormat(chatTemplate: template)) { $0.userFolder = folder?.path }
        let reply = await client.post("/v1/internal/chat-prompt", "{\(fields)}")
        #expect(reply.status == 200, "\(reply.text)")
        return try #require(try reply.json()["prompt"]?.stringValue)
    }

    static let hello = #""messages": [{"role": "user", "content": "Hi"}]"#

    @Test("a character's parts make a play, and its reply ends where the next line begins")
    func parts() async throws {
        let client = InMemoryClient(.init(answer: " Ahoy!"))
        let reply = await client.post(
            "/v1/chat/completions",
            """
            {\(Self.hello), "mode": "chat", "name1": "Tim", "name2": "Flint", "context": "{{char}} is a pirate. <USER> is not.",
             "greeting": "Ahoy, {{user}}!", "user_bio": "{{user}} sells maps."}
            """)
        #expect(try reply.json()["choices"]?.arrayValue?.first?["message"]?["content"] == "Ahoy!")
        let request = try #require(client.service.engine.requests.first)
        #expect(
            request.prompt
                == .text(
                    "Flint is a pirate. Tim is not.\n\nTim sells maps.\n\nFlint: Ahoy, Tim!\nTim: Hi\nFlint:", parsesSpecialTokens: false))
        #expect(request.stopStrings == ["\nTim:", "\nFlint:"])
    }

    @Test("who names a character and no mode gets it; the web UI's own names of the fields count too")
    func noMode() async throws {
        let prompt = try await Self.prompt(#"\#(Self.hello), "bot_name": "Bot", "user_name": "Me", "context": "You are a pirate.""#)
        #expect(prompt == "You are a pirate.\n\nMe: Hi\nBot:")
    }

    @Test("mode instruct has no characters, and says so once in the log")
    func instruct() async throws {
        let client = InMemoryClient()
        for _ in 0..<2 {
            let reply = await client.post("/v1/internal/chat-prompt", #"{\#(Self.hello), "mode": "instruct", "name2": "Bot"}"#)
            #expect(try reply.json()["prompt"] == "User: Hi\n\nAssistant:")
        }
        #expect(client.log.lines.filter { $0.contains("mode instruct") }.count == 1)
    }

    @Test("chat-instruct wraps the play in the model's template, and the reply begins with the character's name")
    func chatInstruct() async throws {
        let template = "{% for m in messages %}[{{ m.role }}]{{ m.content }}[/]{% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}"
        let prompt = try await Self.prompt(
            #"""
            "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}], "mode": "chat-instruct",
            "character": "None", "name2": "Bot", "chat_instruct_command": "Be <|character|>, {{user}}'s friend.\n<|prompt|>"
            """#, template: template)
        #expect(prompt == "[system]Be brief.[/][user]Be Bot, You's friend.\nYou: Hi[/][assistant]Bot:")
    }

    @Test("continuing leaves the character's last line open", arguments: ["chat", "chat-instruct"])
    func continued(mode: String) async throws {
        let prompt = try await Self.prompt(
            """
            "messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Well, I"}], "continue_": true,
            "mode": "\(mode)", "character": "None", "name2": "Bot"
            """)
        #expect(prompt.hasSuffix("Bot: Well, I") && prompt.contains("You: Hi"))
    }

    @Test("files in every form that the web UI ever had are characters")
    func files() async throws {
        let folder = try TemporaryFolder()
        try folder.write("characters/New.yaml", "name: Ann\ngreeting: |-\n  Hello,\n  {{user}}.\ncontext: \"Ann reads.\\nA lot.\"\n".utf8)
        try folder.write(
            "characters/Old.json",
            #"{"char_name": "Bea", "char_persona": "Quiet.", "world_scenario": "A wood.", "char_greeting": "Hm.", "example_dialogue": "{{char}}: Mm."}"#.utf8)
        try folder.write("characters/Named.yml", "<|bot|>: Cat\n<|user|>: Dan\ncontext: Sharp.\n".utf8)
        let tavern =
            #"{"spec": "chara_card_v2", "data": {"name": "Dot", "description": "Small.", "personality": "Kind", "scenario": "", "first_mes": "Hey {{USER}}", "mes_example": "", "post_history_instructions": "Rhyme."}}"#
        try folder.write("characters/Picture.png", Self.png(["chara": tavern]))
        let expected = [
            ("New", "Ann reads.\nA lot.\n\nAnn: Hello,\nYou.\nYou: Hi\nAnn:"),
            ("Old", "Bea's Persona: Quiet.\nScenario: A wood.\nBea: Mm.\n\nBea: Hm.\nYou: Hi\nBea:"), ("Named", "Sharp.\n\nDan: Hi\nCat:"),
            ("Picture", "Dot's Persona: Small.\nPersonality: Kind\n\nDot: Hey You\nYou: Hi\nDot:"),
        ]
        for (name, text) in expected {
            #expect(try await Self.prompt(#"\#(Self.hello), "mode": "chat", "character": "\#(name)""#, folder: folder) == text)
        }
    }

    static func png(_ chunks: [String: String]) -> [UInt8] {
        func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
            [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: data.count >> $0) } + type.utf8 + data + [0, 0, 0, 0]
        }
        let texts = chunks.sorted { $0.key < $1.key }.flatMap { key, text in
            chunk("tEXt", Array(key.utf8) + [0] + Array(Data(text.utf8).base64EncodedString().utf8))
        }
        return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + chunk("IHDR", [UInt8](repeating: 1, count: 13)) + texts + chunk("IEND", [])
    }

    @Test("of two cards in a picture the newer wins, and a broken picture is refused in words")
    func pictures() async throws {
        let folder = try TemporaryFolder()
        try folder.write("characters/Two.png", Self.png(["chara": #"{"name": "V2"}"#, "ccv3": #"{"data": {"name": "V3"}}"#]))
        #expect(try await Self.prompt(#"\#(Self.hello), "mode": "chat", "character": "Two""#, folder: folder) == "You: Hi\nV3:")
        var cut = Self.png(["chara": #"{"name": "X"}"#])
        cut[8] = 0x7F
        try folder.write("characters/Cut.png", cut)
        try folder.write("characters/None at all.png", Self.png([:]))
        try folder.write("characters/Words.png", Self.png(["chara": "no JSON"]))
        try folder.write("characters/Text.png", "hello".utf8)
        try folder.write("characters/Nameless.yaml", "context: x".utf8)
        let client = InMemoryClient { $0.userFolder = folder.path }
        for (name, words) in [
            ("Cut", "is cut"), ("None at all", "carries no character"), ("Words", "not valid JSON"), ("Text", "not a PNG"), ("Nameless", "no name"),
        ] {
            let reply = await client.post("/v1/chat/completions", #"{\#(Self.hello), "mode": "chat", "character": "\#(name)"}"#)
            reply.expectEnvelope(param: "character")
            #expect(reply.status == 400 && reply.text.contains(words) && !reply.text.contains(folder.path), "\(reply.text)")
        }
        #expect(try await client.get("/v1/internal/characters").json() == ["characters": ["Assistant", "Nameless", "Two"]])
    }

    @Test("B12: a name that leads elsewhere is refused in every mode", arguments: ["chat", "chat-instruct", "instruct", nil])
    func names(mode: String?) async {
        let client = InMemoryClient()
        let mode = mode.map { #", "mode": "\#($0)""# } ?? ""
        for name in ["../x", "/etc/passwd", #"a\\b"#, ".x", #"a\u0000b"#] {
            let reply = await client.post("/v1/chat/completions", #"{\#(Self.hello)\#(mode), "character": "\#(name)"}"#)
            #expect(reply.status == 400)
            reply.expectEnvelope(param: "character")
        }
    }

    @Test(
        "what cannot be is refused by name",
        arguments: [
            (#""mode": "roleplay""#, "mode"), (#""mode": "chat", "character": "Nobody""#, "character"),
            (#""mode": "chat-instruct", "chat_instruct_command": "Go on.""#, "chat_instruct_command"), (#""name2": 5"#, "name2"),
            (#""mode": "chat", "tools": [{"type": "function", "function": {"name": "f"}}]"#, "tools"),
            (#""instruction_template": "Absent""#, "instruction_template"), (#""instruction_template": "../x""#, "instruction_template"),
            (#""mode": "chat", "chat_template_str": "{% for""#, "chat_template_str"),
        ])
    func refused(fields: String, param: String) async {
        let reply = await InMemoryClient().post("/v1/chat/completions", "{\(Self.hello), \(fields)}")
        #expect(reply.status == 400, "\(reply.text)")
        reply.expectEnvelope(param: param)
    }

    @Test("a client's own chat template knows who speaks")
    func chatTemplate() async throws {
        let prompt = try await Self.prompt(
            #"""
            \#(Self.hello), "mode": "chat", "name1": "A", "name2": "B", "context": "C", "user_bio": "of {{char}}",
            "chat_template_str": "{{ messages[0].content }}|{{ user_bio }}|{{ name1 }}: {{ messages[1].content }}|{{ name2 }}:"
            """#)
        #expect(prompt == "C|of B|A: Hi|B:")
    }
}
