import HostCore
import Support
import Testing

@testable import modelhost

@Suite("The chat on the terminal")
struct ChatTests {
    private func typed(_ bytes: [UInt8], into editor: inout LineEditor) -> [LineEditor.Outcome] {
        var reader = KeyReader()
        return bytes.flatMap { reader.keys($0) }.map { editor.press($0) }
    }

    @Test(
        "keys edit the line where the cursor is",
        arguments: [
            ("abc\u{1B}[D\u{1B}[DX", "aXbc"), ("abc\u{7F}d", "abd"), ("abc\u{01}x\u{05}y", "xabcy"), ("ab cd\u{17}e", "ab e"),
            ("abc\u{02}\u{0B}", "ab"), ("abc\u{15}d", "d"), ("abc\u{1B}[H\u{1B}[3~", "bc"), ("日本é🙂\u{7F}", "日本é"),
            ("a\u{1B}bc", "abc"), ("a\u{1B}[200~b\nc\u{1B}[201~d", "ab\ncd"), ("a\u{03}b", "b"), ("ab\u{02}\u{04}c", "ac"),
        ])
    func edits(keys: String, line: String) {
        var editor = LineEditor()
        let outcomes = typed(Array(keys.utf8) + [0x0D], into: &editor)
        #expect(outcomes.last == .line(line))
        #expect(outcomes.dropLast().allSatisfy { $0 == .editing })
    }

    @Test("the lines before come back, and the one being typed is not lost")
    func history() {
        var editor = LineEditor()
        _ = typed(Array("one\rtwo\rth".utf8), into: &editor)
        #expect(typed(Array("\u{1B}[A\u{1B}[A\r".utf8), into: &editor).last == .line("one"))
        _ = typed(Array("th\u{1B}[A\u{1B}[B".utf8), into: &editor)
        #expect(String(editor.text) == "th")
    }

    @Test("Ctrl-C and Ctrl-D speak for themselves on an empty line alone")
    func ends() {
        var editor = LineEditor()
        #expect(typed([0x03], into: &editor) == [.interrupted])
        #expect(typed([0x04], into: &editor) == [.endOfInput])
    }

    @Test("bytes that are not a key do nothing, however they come")
    func noise() {
        var random = SplitMix(seed: 5), reader = KeyReader(), editor = LineEditor()
        for _ in 0..<20_000 {
            for key in reader.keys(UInt8(truncatingIfNeeded: random.next())) { _ = editor.press(key) }
            #expect(0...editor.text.count ~= editor.cursor)
        }
    }

    @Test(
        "a line is said, or is a command",
        arguments: [
            ("Hello", .say("Hello")), ("//x", .say("/x")), ("/help", .help), ("/switch b.pth", .switchModel("b.pth")),
            ("/save  my chat.json ", .save("my chat.json")), ("/again", .regenerate), ("/system", .system("")),
            ("/system Be brief.", .system("Be brief.")), ("/exit", .quit), ("/new", .new),
        ] as [(String, ChatWord)])
    func words(line: String, word: ChatWord) {
        #expect(ChatWord(line) == word)
    }

    @Test("a command that there is not says so")
    func wrongWords() {
        for line in ["/switch", "/save", "/nothing", "/"] {
            guard case .wrong(let text) = ChatWord(line) else {
                Issue.record("\(line)")
                continue
            }
            #expect(text.contains("/"))
        }
    }

    @Test("a conversation that was written is read again")
    func file() throws {
        let folder = try TemporaryFolder()
        let messages = [ChatMessage(.system, "S"), ChatMessage(.user, "Hi \"you\"\n"), ChatMessage(.assistant, "é")]
        let path = folder.path + "/chat.json"
        try ChatFile.write(messages, to: path)
        #expect(try ChatFile.read(path) == messages)
        try folder.write("bad.json", "{".utf8)
        #expect(throws: UsageError.self) { try ChatFile.read(folder.path + "/bad.json") }
        try folder.write("other.json", "{\"a\": 1}".utf8)
        #expect(throws: UsageError.self) { try ChatFile.read(folder.path + "/other.json") }
        #expect(throws: UsageError.self) { try ChatFile.read(folder.path + "/none.json") }
    }
}
