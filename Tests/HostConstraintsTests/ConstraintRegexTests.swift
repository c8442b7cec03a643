import HostCore
import HostConstraints
import Support
import Testing

@Suite("Regular expressions as constraints")
struct ConstraintRegexTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let pattern: String
        let yes: [String]
        let no: [String]
        var testDescription: String { pattern }
    }

    static let cases = [
        Case(pattern: #"\d{3}-\d{4}"#, yes: ["555-1234"], no: ["555-123", "5555-1234", "x555-1234"]),
        Case(pattern: "^(yes|no)$", yes: ["yes", "no"], no: ["", "yesno", " yes"]),
        Case(pattern: "a*?b+?c??", yes: ["b", "aabbc"], no: ["a", "bcc"]),
        Case(pattern: "(?:ab|(?<name>c))[^a-c\\]]", yes: ["abx", "c日", "cd"], no: ["aba", "c]", "c"]),
        Case(pattern: #"[\w.-]+@[a-z]+\.(com|org)"#, yes: ["a.b-c@x.org"], no: ["@x.org", "a@x.net"]),
        Case(pattern: ".", yes: ["a", "é", "日", "😀", "\u{10FFFF}"], no: ["", "\n", "\r", "ab"]),
        Case(pattern: "[α-ωА-я]+", yes: ["λόγος".filter { !"ό".contains($0) }, "Привет"], no: ["a", "λa"]),
        Case(pattern: #"\S\s\D\W"#, yes: ["a\tb!", "é  é"], no: ["  a!", "ab1!"]),
        Case(pattern: #"\x41\u00e9\u{1F600}\n\.\/\-"#, yes: ["Aé😀\n./-"], no: ["Aé😀\nx/-"]),
        Case(pattern: "[]a-]+|[[^x]", yes: ["]a-", "[", "^", "x"], no: ["b", ""]),
        Case(pattern: "(?!.*W)(?=\\d|T)T?[0-9W]+", yes: ["T1", "12"], no: ["W", "1W", "T", ""]),
        Case(pattern: "(?:(?!--)[a-z-])+", yes: ["a-b-c", "abc", "-"], no: ["a--b", "--", ""]),
        Case(pattern: "(?=.{3,5}$)(a|bc)*", yes: ["abc", "bcbca", "aaa"], no: ["bc", "abcbcbc"]),
        Case(pattern: "a(?!b)(?=[bc])(?!c$)[a-d]+", yes: ["acd", "acc"], no: ["ac", "abd", "add"]),
        Case(pattern: "^$|^(^a|b)$", yes: ["", "a", "b"], no: ["ab", "aa"]),
        Case(pattern: "(a|^)b|x$", yes: ["b", "ab", "x"], no: ["bb", "xb"]),
        Case(pattern: "(?!(?!a)b)[ab]", yes: ["a"], no: ["b"]),
        Case(pattern: #"\p{Lu}\p{Ll}+\P{L}\p{N}"#, yes: ["Élan 7", "Ab-٣"], no: ["élan 7", "Abc7"]),
        Case(pattern: #"(\p{Extended_Pictographic}|\p{Emoji_Component})+"#, yes: ["😀", "👩‍🚀", "🇸🇪"], no: ["a", ""]),
        Case(pattern: "a{2}b{0}c{1,}|", yes: ["aac", "aaccc", ""], no: ["ac", "aabc"]),
    ]

    @Test("texts that match from end to end are accepted, others are not", arguments: cases)
    func language(_ test: Case) throws {
        let probe = ConstraintProbe()
        for text in test.yes { #expect(try probe.accepts(text, .regex(test.pattern)), "\(text)") }
        for text in test.no { #expect(try !probe.accepts(text, .regex(test.pattern)), "\(text)") }
    }

    @Test(
        "what is broken or needs memory is refused, with its place",
        arguments: [
            "(a", "a)", "[a", "a{2", "a{,}", "*a", "a**", "a{3,2}", "a{20000}", #"\"#, #"\q"#, #"(a)\1"#, "(?=a)",
            "(?<!a)b",
            "(?i)a", #"\bword\b"#, #"\p{Script=Greek}"#, "a^b", "a$b", "[[:alpha:]]", "[z-a]", #"\ud800"#, "[^\\s\\S]", "x{a}",
        ])
    func mistakes(_ pattern: String) throws {
        let error = try #require(refusal(.regex(pattern)))
        #expect(error.kind == .invalidParameter && error.subject == "regex")
        #expect(!error.problem.isEmpty)
    }
}
