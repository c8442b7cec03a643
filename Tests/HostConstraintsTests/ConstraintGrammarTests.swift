import HostCore
import HostConstraints
import Support
import Testing

@Suite("GBNF grammars")
struct ConstraintGrammarTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let grammar: String
        let yes: [String]
        let no: [String]
        var testDescription: String { grammar }
    }

    static let cases = [
        Case(grammar: #"root ::= "yes" | "no""#, yes: ["yes", "no"], no: ["", "y", "yesno", "maybe"]),
        Case(
            grammar: """
                # a comment
                root ::= greeting (", " name)+ "!"   # another
                greeting ::=
                    "Hello" |
                    "Good " ("day" | "evening")
                name ::= [A-Z] [a-z]*
                """,
            yes: ["Hello, Bo!", "Good day, A, Bcd!"], no: ["Hello!", "Good , A!", "Hello, bo!", "Hello, Bo"]),
        Case(
            grammar: "root ::= number\n  | \"(\" root \")\"\r\nnumber ::= [0-9]{2,4}\n",
            yes: ["12", "1234", "((123))"], no: ["1", "12345", "(12", "12)", "()"]),
        Case(grammar: #"root ::= "a"? [b-d]* . "\n""#, yes: ["x\n", "abcdé\n", "\n\n"], no: ["", "a", "\n"]),
        Case(
            grammar: #"root ::= "\x41\u00e9\U0001F600\t\"\\" [^\]\n"]"#,
            yes: ["Aé😀\t\"\\x", "Aé😀\t\"\\日"], no: ["Aé😀\t\"\\]", "Aé😀\t\"\\\n", "Aé😀\t\"\\"]),
        Case(
            grammar: #"root ::= "a"{3} | "b"{0,2} "c" | "d"{2,}"#, yes: ["aaa", "c", "bbc", "dd", "ddddd"],
            no: ["aa", "aaaa", "bbbc", "d", ""]),
        Case(grammar: #"root ::= ("a"* )* "b" | ("" | "x")+"#, yes: ["b", "aaab", "", "xx"], no: ["a", "bb"]),
        Case(
            grammar: #"root ::= root | other "." ; "#.replacing(";", with: "") + "\nother ::= other | [0-9]+",
            yes: ["1.", "42."], no: [".", "1"]),
        Case(grammar: #"root ::= "(" root ")" root | """#, yes: ["", "()", "(())()"], no: ["(", ")", "())"]),
        Case(
            grammar: #"root ::= "for" | "form" | "format" | "f" | "g""#, yes: ["f", "for", "form", "format", "g"],
            no: ["fo", "forma", "formatg", ""]),
        Case(grammar: #"root ::= [a\-z] [-+]"#, yes: ["a-", "-+", "z+"], no: ["b-", "aa"]),
    ]

    @Test("texts of the language are accepted, others are not", arguments: cases)
    func language(_ test: Case) throws {
        let probe = ConstraintProbe()
        for text in test.yes { #expect(try probe.accepts(text, .grammar(test.grammar)), "\(text)") }
        for text in test.no { #expect(try !probe.accepts(text, .grammar(test.grammar)), "\(text)") }
    }

    struct Mistake: Sendable, CustomTestStringConvertible {
        let grammar: String
        let told: String
        var testDescription: String { grammar }
    }

    static let mistakes = [
        Mistake(grammar: "", told: "\"root\""),
        Mistake(grammar: "start ::= \"a\"", told: "\"root\""),
        Mistake(grammar: "root ::= other", told: "\"other\" is used but not defined"),
        Mistake(
            grammar: "root ::= \"a\"\nroot ::= \"b\"", told: "line 2, column 1: the rule \"root\" is defined twice"),
        Mistake(grammar: "root = \"a\"", told: "::="), Mistake(grammar: "root ::= \"a", told: "no end"),
        Mistake(grammar: "root ::= [a", told: "no end"), Mistake(grammar: "root ::= [z-a]", told: "wrong way round"),
        Mistake(grammar: "root ::= []", told: "holds no character"),
        Mistake(grammar: "root ::= (\"a\"", told: "expected ')'"),
        Mistake(grammar: "root ::= \"a\")", told: "end of the line"),
        Mistake(grammar: "root ::= \"\\q\"", told: "unknown escape"),
        Mistake(grammar: "root ::= \"\\xZZ\"", told: "hexadecimal"),
        Mistake(grammar: "root ::= \"\\ud800\"", told: "not a character"),
        Mistake(grammar: "root ::= *", told: "unexpected"),
        Mistake(grammar: "root ::= \"a\"{2,1}", told: "wrong way round"),
        Mistake(grammar: "root ::= \"a\"{x}", told: "counts"),
        Mistake(grammar: "root ::= <|im_end|>", told: "not supported"),
        Mistake(grammar: "root ::= \"a\" root", told: "no text can ever match"),
        Mistake(grammar: "root ::= root \"a\" | \"b\"", told: "left-recursive"),
        Mistake(grammar: "root ::= a\na ::= \"\" b \"x\" | \"y\"\nb ::= \"z\"? a", told: "left-recursive"),
        Mistake(grammar: "root ::= \"a\"{1,100000}", told: "at most"),
        Mistake(grammar: "root ::= \"a\"{99999999999999999999}", told: "at most"),
    ]

    @Test("a bad grammar is refused, and the message says where or what", arguments: mistakes)
    func mistake(_ test: Mistake) throws {
        let error = try #require(refusal(.grammar(test.grammar)))
        #expect(error.kind == .invalidParameter && error.subject == "grammar_string")
        #expect(error.description.contains(test.told), "\(error)")
    }

    @Test("the text ends only where the grammar can end, and must where nothing may follow")
    func ending() throws {
        let probe = ConstraintProbe()
        var matcher = try probe.matcher(.grammar("root ::= \"a\" \"b\"? \"c\"?"))
        #expect(!matcher.canEnd)
        #expect(try probe.allowed(matcher) == [98])
        matcher.advance(by: 98)
        #expect(matcher.canEnd && !matcher.mustEnd)
        #expect(try probe.allowed(matcher) == [0, 99, 100])
        matcher.advance(by: 100)
        #expect(matcher.mustEnd)
        #expect(try probe.allowed(matcher) == [0])
    }

    @Test("a token that does not fit is told as an error at the next step")
    func wrongToken() throws {
        let probe = ConstraintProbe()
        var matcher = try probe.matcher(.grammar("root ::= \"abc\""))
        matcher.advance(by: 5)
        #expect(throws: GenerationError.self) { try probe.allowed(matcher) }
    }

    @Test("a grammar that is read in too many ways ends with an error, not with the memory")
    func ambiguous() throws {
        let probe = ConstraintProbe()
        var matcher = try probe.matcher(.grammar("root ::= \"a\" root \"b\" | \"a\" root \"c\" | \"d\""))
        #expect(throws: GenerationError.self) {
            for _ in 0..<30 {
                _ = try probe.allowed(matcher)
                matcher.advance(by: 98)
            }
        }
    }

    @Test("deep nesting goes on for as long as the text does, past the automaton's memory")
    func deep() throws {
        let probe = ConstraintProbe()
        let open = TokenID(UInt8(ascii: "(")) + 1
        let close = TokenID(UInt8(ascii: ")")) + 1
        var matcher = try probe.matcher(.grammar("root ::= \"(\" root? \")\""))
        let depth = 80_000
        for _ in 0..<depth { matcher.advance(by: open) }
        #expect(try probe.allowed(matcher) == [open, close])
        for _ in 1..<depth { matcher.advance(by: close) }
        #expect(try probe.allowed(matcher) == [close])
        matcher.advance(by: close)
        #expect(matcher.mustEnd)
    }
}
