import HostTemplates
import Testing

@Suite("Thoughts apart from answers")
struct ReasoningParserTests {
    static let texts: [(text: String, isOpen: Bool, thought: String, answer: String)] = [
        ("<think>\nHm, a.\n\nSo b. \n</think>\n\nHello <think>x</think>", false, "Hm, a.\n\nSo b.", "Hello <think>x</think>"),
        ("  <think></think>Yes", false, "", "Yes"), ("<think>\n</think\nno end ", false, "</think\nno end", ""),
        ("<think>cut </thi", false, "cut </thi", ""), ("<thinking> is fun", false, "", "<thinking> is fun"),
        ("<think", false, "", "<think"), (" plain</think>", false, "", " plain</think>"), ("", false, "", ""),
        ("é\u{301}n\r\n</think>\r\n日本", true, "é\u{301}n", "日本"), ("</think>a", true, "", "a"),
    ]

    @Test("a thought is parted from the answer wherever the pieces end", arguments: texts)
    func parser(text: String, isOpen: Bool, thought: String, answer: String) {
        let scalars = Array(text.unicodeScalars)
        for size in 1...max(1, scalars.count) {
            var parser = ReasoningParser(isOpen ? .thought : .either)
            var result = ("", "")
            for start in stride(from: 0, to: scalars.count, by: size) {
                var piece = ""
                piece.unicodeScalars.append(contentsOf: scalars[start..<min(start + size, scalars.count)])
                let parts = parser.append(piece)
                result = (result.0 + parts.thought, result.1 + parts.answer)
            }
            let rest = parser.flush()
            #expect(result.0 + rest.thought == thought && result.1 + rest.answer == answer, "pieces of \(size)")
        }
    }

    @Test(
        "a tag that the prompt left open is a thought with or without its end, however the pieces fall",
        arguments: [
            (">\nHm.\n</think>\nYes", "Hm.", "Yes"), ("\nHm.\n</think>\nYes", "Hm.", "Yes"), (" Hm", "Hm", ""), ("", "", ""),
            (">", "", ""), ("</think>Yes", "", "Yes"),
        ])
    func openTag(text: String, thought: String, answer: String) {
        let scalars = Array(("<think" + text).unicodeScalars)
        for size in 1...scalars.count {
            var parser = ReasoningParser(.openTag), result = ("", "")
            for start in stride(from: 0, to: scalars.count, by: size) {
                var piece = ""
                piece.unicodeScalars.append(contentsOf: scalars[start..<min(start + size, scalars.count)])
                let parts = parser.append(piece)
                result = (result.0 + parts.thought, result.1 + parts.answer)
            }
            let rest = parser.flush()
            #expect(result.0 + rest.thought == thought && result.1 + rest.answer == answer, "pieces of \(size)")
        }
    }

    @Test("white space of any length costs no more than other text")
    func muchSpace() {
        let space = String(repeating: " ", count: 200_000)
        var parser = ReasoningParser(.either)
        let first = parser.append(space), second = parser.append("<think>" + space + "a" + space + "b" + space)
        let third = parser.append("</think>" + space + "c")
        #expect(first == ("", "") && second == ("a" + space + "b", "") && third == ("", "c"))
        var plain = ReasoningParser(.either)
        #expect(plain.append(space + "<thin") == ("", "") && plain.append("g") == ("", space + "<thing"))
    }

    @Test(
        "a parser goes on after words that the client has",
        arguments: [
            ("<think>\nHm, ", " so.</think>\n\nYes", " so.", "Yes"), ("<thi", "nk>a</think>b", "a", "b"), ("<thi", "ng", "", "ng"),
            ("<think>a</think>", "\nb", "", "b"), ("Yes", " <think>", "", " <think>"), ("<think>a </thi", "nk>b", "", "b"),
        ])
    func resumes(words: String, text: String, thought: String, answer: String) {
        var parser = ReasoningParser(.either)
        parser.resume(after: words)
        let parts = parser.append(text), rest = parser.flush()
        #expect(parts.thought + rest.thought == thought && parts.answer + rest.answer == answer)
    }
}
