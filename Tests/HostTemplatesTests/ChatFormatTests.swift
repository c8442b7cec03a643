import HostCore
import Support
import Testing

@testable import HostTemplates

@Suite("Prompts of the RWKV families")
struct ChatFormatTests {
    @Test("World models speak as User and Assistant")
    func world() {
        let messages = [
            ChatMessage(.system, "Be brief."), ChatMessage(.user, "Hi"), ChatMessage(.assistant, "Hello."),
            ChatMessage(.user, "Bye"),
        ]
        #expect(
            ChatFormat.world.prompt(messages, continuesLast: false)
                == "System: Be brief.\n\nUser: Hi\n\nAssistant: Hello.\n\nUser: Bye\n\nAssistant:")
    }

    @Test("Raven models speak as Bob and Alice; a system message is a plain paragraph")
    func raven() {
        let messages = [ChatMessage(.system, "A talk."), ChatMessage(.user, "Hi")]
        #expect(ChatFormat.raven.prompt(messages, continuesLast: false) == "A talk.\n\nBob: Hi\n\nAlice:")
    }

    @Test(
        "inside a turn there is no blank line, and no space at its ends",
        arguments: [
            ("  a\r\n\r\nb \n", "a\nb"), ("a\n\n\n\nb", "a\nb"), ("a\rb", "a\nb"), ("\n\na", "a"), ("a\n", "a"),
        ])
    func collapse(content: String, turn: String) {
        #expect(
            ChatFormat.world.prompt([ChatMessage(.user, content)], continuesLast: false)
                == "User: \(turn)\n\nAssistant:")
    }

    @Test("C9: only a system message, or an assistant's last, still asks for the assistant")
    func oddConversations() {
        #expect(ChatFormat.world.prompt([ChatMessage(.system, "S")], continuesLast: false) == "System: S\n\nAssistant:")
        let last = [ChatMessage(.user, "a"), ChatMessage(.assistant, "b")]
        #expect(ChatFormat.world.prompt(last, continuesLast: false) == "User: a\n\nAssistant: b\n\nAssistant:")
        #expect(ChatFormat.world.prompt(last, continuesLast: true) == "User: a\n\nAssistant: b")
    }

    @Test("system messages at the head are one, later ones stay in place, empty ones vanish")
    func systemMessages() {
        let messages = [
            ChatMessage(.system, "a"), ChatMessage(.system, "b"), ChatMessage(.user, "x"), ChatMessage(.system, "c"),
            ChatMessage(.system, " "),
        ]
        #expect(
            ChatFormat.world.prompt(messages, continuesLast: false)
                == "System: a\nb\n\nUser: x\n\nSystem: c\n\nAssistant:")
    }

    @Test("an empty turn has no space after its colon, and neither has an empty beginning")
    func emptyTurns() {
        #expect(ChatFormat.world.prompt([ChatMessage(.user, "")], continuesLast: false) == "User:\n\nAssistant:")
        #expect(ChatFormat.world.prompt([ChatMessage(.assistant, "")], continuesLast: true) == "Assistant:")
    }

    @Test(
        "G1 thinks, or is told not to, only when a request says so",
        arguments: [
            (true, false, " <think"), (false, false, " <think>\n</think"), (nil, false, ""),
            (true, true, " <think>\n</think>\n"), (false, true, " <think>\n</think>\n"), (nil, true, ""),
        ] as [(Bool?, Bool, String)])
    func thinking(asked: Bool?, hasForm: Bool, end: String) {
        #expect(ChatFormat.g1.prefilled(thinking: asked, hasForm: hasForm).prompt == end)
        #expect(ChatFormat.world.prefilled(thinking: asked, hasForm: hasForm) == .none)
    }

    @Test(
        "a name with G1 in it matters for World models of RWKV-7 alone",
        arguments: [
            ("rwkv7-g1-0.1b.pth", "7", "World", true), ("RWKV7-G1a-1.5B", "7", "World", true),
            ("rwkv7-g1-0.1b.pth", "6", "World", false), ("rwkv7-g1", "7", "byte-level BPE", false),
            ("rwkv7-goose", "7", "World", false), ("big1-g10", "7", "World", false),
        ])
    func g1(name: String, generation: String, kind: String, thinks: Bool) {
        let info = ModelInfo(
            architecture: "RWKV", generation: generation, layerCount: 1, hiddenSize: 1, vocabularySize: 300, plan: "",
            weightBytes: [:], stateBytes: 0)
        let loaded = LoadedModel(
            model: ScriptedModel.scrambled(), tokenizer: ByteTokenizer(kind: kind), info: info, promptFormat: PromptFormat())
        #expect(ChatFormat.forModel(named: name, loaded).thinks == thinks)
    }

    @Test("G1's other forms are taken by name, and a name that nobody was taught is refused")
    func forms() throws {
        let messages = [ChatMessage(.system, "Be kind."), ChatMessage(.user, "a\n\nb"), ChatMessage(.assistant, "c"), ChatMessage(.user, "d")]
        let bot = try ChatFormat.g1.form(named: "bot")
        #expect(bot.prompt(messages, continuesLast: false) == "System✿Be kind.✿\nUser✿a\nb✿\nBot✿c✿\nUser✿d✿\nBot✿")
        #expect(bot.stopStrings == ["✿"])
        let headings = try ChatFormat.g1.form(named: "function_calling")
        #expect(
            headings.prompt(messages, continuesLast: false)
                == "### System\nBe kind.\n### User\na\nb\n### Assistant\nc\n### User\nd\n### Assistant\n")
        #expect(headings.stopStrings.contains("\n### User"))
        #expect(headings.prompt(messages.dropLast(), continuesLast: true).hasSuffix("### Assistant\nc"))
        #expect(throws: ChatPromptError.self) { try ChatFormat.g1.form(named: "alpaca") }
        #expect(throws: ChatPromptError.self) { try ChatFormat.g1.form(named: 3) }
        // Others were taught one form, and may get the variable for a template of theirs.
        #expect(try ChatFormat.world.form(named: "bot").prompt([ChatMessage(.user, "x")], continuesLast: false) == "User: x\n\nAssistant:")
    }

    @Test(
        "how long to think is said as G1 was taught",
        arguments: [
            ("low", " (think a bit)"), ("minimal", " (think a bit)"), ("medium", " (think)"), ("high", " (think a lot)"), ("none", nil), ("x", nil),
        ] as [(String, String?)])
    func thinkLength(effort: String, suffix: String?) {
        #expect(ChatFormat.thinkLength(effort) == suffix)
    }

    @Test("the vocabulary decides the family", arguments: [("World", "User"), ("byte-level BPE", "Bob")])
    func family(kind: String, user: String) {
        #expect(ChatFormat.forTokenizer(ByteTokenizer(kind: kind)).user == user)
    }
}
