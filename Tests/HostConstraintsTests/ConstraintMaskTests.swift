import Dispatch
import HostCore
import Support
import Synchronization
import Testing

@testable import HostConstraints

@Suite("Token masks")
struct ConstraintMaskTests {
    static let words = [
        "\"", "{\"", "\":", "\": \"", "\",\"", "\"}", "true}", "}}", "null", "12", "-3.5e", "a\"", "日", "日本", "é\"",
        "\\u00", "\\\"",
        ", \"", "{}", "[[", "]]}", "  ", "\n  ", "yes", "no.", "555-", "hello world", "aaaaaaaaaaaaaaaaaaaa", "😀😀",
    ]

    static let constraints: [OutputConstraint] = [
        .jsonObject,
        .jsonSchema([
            "type": "object", "properties": ["a": ["type": "string", "maxLength": 6], "é": ["type": "boolean"]],
        ]),
        .regex("(yes|no)[.]?|[0-9]{3}-.{0,4}"),
        .grammar("root ::= \"a\"* | \"日\" [^x]* | (\"{\" root \"}\")+"),
        .regex("[a-z ]{0,25}(日|[0-9]{3,14}|(a?b?){0,13}).{0,30}"),
        .jsonSchema([
            "type": "array", "maxItems": 13, "minItems": 2,
            "items": ["type": "object", "properties": ["a": ["type": "string", "maxLength": 24]]],
        ]),
        .grammar("root ::= (\"a\"{0,12} \"日\"){0,19} | [^b]{0,21}"),
    ]

    @Test("a mask holds exactly the tokens of which every byte fits", arguments: constraints)
    func bruteForce(_ constraint: OutputConstraint) throws {
        let words = ConstraintProbe(words: Self.words)
        let single = ConstraintProbe()
        var generator = SplitMix(seed: 3)
        for _ in 0..<6 {
            var matcher = try words.matcher(constraint)
            var reference = try single.matcher(constraint)
            for _ in 0..<12 where !matcher.mustEnd {
                let allowed = try words.allowed(matcher)
                for token in 1..<words.tokenizer.vocabularySize {
                    #expect(try allowed.contains(token) == fits(words.tokenizer.bytes(of: token), reference, single))
                }
                #expect(allowed.contains(0) == reference.canEnd)
                // Longer tokens are the interesting ones.
                let choice = allowed.filter { $0 > 256 }.sorted().randomElement(using: &generator)
                guard let token = choice ?? allowed.subtracting([0]).sorted().randomElement(using: &generator) else {
                    break
                }
                matcher.advance(by: token)
                for byte in words.tokenizer.bytes(of: token) { reference.advance(by: TokenID(byte) + 1) }
            }
            #expect(matcher.mustEnd == reference.mustEnd)
        }
    }

    @Test("a counted string walks over the vocabulary a few times, however long it is")
    func countedString() throws {
        let probe = ConstraintProbe(words: Self.words)
        let constraint = OutputConstraint.jsonSchema(["type": "string", "maxLength": 400])
        var matcher = try probe.matcher(constraint)
        for (step, byte) in ("\"" + String(repeating: "some text ", count: 37)).utf8.enumerated() {
            #expect(try probe.allowed(matcher).contains(TokenID(byte) + 1), "step \(step)")
            matcher.advance(by: TokenID(byte) + 1)
        }
        // Before the string, and in it.
        #expect(matcher.walkCounts.count == 3)
        #expect(matcher.walkCounts.allSatisfy { $0 <= 3 }, "\(matcher.walkCounts)")
    }

    private func fits(_ bytes: [UInt8], _ start: ConstraintMatcher, _ probe: ConstraintProbe) throws -> Bool {
        var matcher = start
        for byte in bytes {
            guard try probe.allowed(matcher).contains(TokenID(byte) + 1) else { return false }
            matcher.advance(by: TokenID(byte) + 1)
        }
        return true
    }

    @Test("no sequence of tokens makes bytes that are no character", arguments: ["[^a]{3}", "[é-😀]{3}", ".{3}"])
    func utf8(_ pattern: String) throws {
        let probe = ConstraintProbe()
        var generator = SplitMix(seed: 11)
        for _ in 0..<30 {
            let text = try #require(try probe.sample(.regex(pattern), using: &generator))
            #expect(text.unicodeScalars.count == 3)
        }
        // Overlong forms, surrogates and numbers beyond the last character have no place.
        for bytes: [UInt8] in [
            [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xFF],
        ] {
            #expect(try !probe.accepts(bytes, .regex("[^a]")))
        }
    }

    @Test("every character of a class and no other is accepted at its borders")
    func classBorders() throws {
        let probe = ConstraintProbe()
        let constraint = OutputConstraint.grammar(
            #"root ::= [\u007e-\u0081\u07fe-\u0801\ud7fe-\ue001\uffff-\U00010001\U0010FFFE]"#.replacing(
                "\\ud7fe", with: "\\ud7ff"))
        for value: UInt32 in [
            0x7E, 0x7F, 0x80, 0x81, 0x7FE, 0x7FF, 0x800, 0x801, 0xD7FF, 0xE000, 0xE001, 0xFFFF, 0x10000, 0x10001,
            0x10FFFE,
        ] {
            let scalar = try #require(Unicode.Scalar(value))
            #expect(try probe.accepts(String(scalar), constraint), "U+\(String(value, radix: 16))")
        }
        for value: UInt32 in [0x7D, 0x82, 0x7FD, 0x802, 0xD7FE, 0xE002, 0xFFFE, 0x10002, 0x10FFFD, 0x10FFFF] {
            let scalar = try #require(Unicode.Scalar(value))
            #expect(try !probe.accepts(String(scalar), constraint), "U+\(String(value, radix: 16))")
        }
    }

    @Test("tokens beyond the tokenizer, control tokens and tokens without text are never allowed")
    func oddTokens() throws {
        let tokenizer = ByteTokenizer(words: ["", "a"])
        let cache = ConstraintCache(tokenizer: tokenizer, vocabularySize: 300, endOfText: [0, 299, -1, 5000])
        var matcher = try cache.matcher(for: .regex("a"))
        var logits = [Float](repeating: 1, count: 300)
        try matcher.mask(&logits)
        #expect(logits.indices.filter { logits[$0] == 1 } == [98, 258])
        matcher.advance(by: 258)
        logits = [Float](repeating: 1, count: 300)
        try matcher.mask(&logits)
        #expect(logits.indices.filter { logits[$0] == 1 } == [0, 299])
    }

    struct Hostile: Sendable, CustomTestStringConvertible {
        let name: String
        let constraint: OutputConstraint
        var testDescription: String { name }
    }

    static let hostile: [Hostile] = [
        Hostile(name: "60 000 parentheses", constraint: .grammar("root ::= " + String(repeating: "(", count: 60_000))),
        Hostile(name: "60 000 groups", constraint: .regex(String(repeating: "(", count: 60_000))),
        Hostile(name: "a long text", constraint: .grammar(String(repeating: "# x\n", count: 1 << 20))),
        Hostile(name: "repeats", constraint: .grammar("root ::= \"a\"{1,100000}")),
        Hostile(name: "nested optional repeats", constraint: .regex("(((a?){100}){100}){100}b")),
        Hostile(name: "many optionals", constraint: .regex(String(repeating: "a?", count: 100_000))),
        Hostile(
            name: "left recursion through 10 000 rules",
            constraint: .grammar(
                "root ::= r0 \"x\"\n" + (0..<10_000).map { "r\($0) ::= r\($0 + 1)\n" }.joined()
                    + "r10000 ::= r0 \"a\" | \"b\"")),
        Hostile(
            name: "1000 levels of arrays",
            constraint: .jsonSchema(
                (0..<1000).reduce(["type": "string"]) { inner, _ in ["type": "array", "items": inner] })),
        Hostile(
            name: "references that multiply",
            constraint: .jsonSchema([
                "$ref": "#/$defs/d0", "minLength": 1,
                "$defs": .object(
                    JSONObject(
                        (0..<90).map { number in
                            let next: JSONValue = ["$ref": .string("#/$defs/d\(number + 1)")]
                            return ("d\(number)", ["allOf": [next, next]])
                        } + [("d90", ["type": "string"])])),
            ])),
    ]

    @Test("hostile constraints are refused quickly", arguments: hostile)
    func refusedQuickly(_ test: Hostile) throws {
        let clock = ContinuousClock()
        let start = clock.now
        #expect(refusal(test.constraint) != nil)
        // A tenth of a second in a release build on a machine that does nothing else.
        #expect(clock.now - start < .seconds(20))
    }

    /// A tokenizer that asks the cache for another constraint while its vocabulary is gone through.
    private final class Asking: Tokenizer, Sendable {
        let kind = "asking"
        let vocabularySize = 257
        let ask = Mutex<(@Sendable () -> Void)?>(nil)

        func encode(_ text: String, parsesSpecialTokens: Bool) -> [TokenID] { text.utf8.map { TokenID($0) + 1 } }
        func bytes(of token: TokenID) -> [UInt8] {
            let ask = ask.withLock { ask in
                defer { ask = nil }
                return ask
            }
            ask?()
            return token == 0 ? [] : [UInt8(token - 1)]
        }
        func isSpecial(_ token: TokenID) -> Bool { token == 0 }
        func piece(of token: TokenID) -> String? { nil }
    }

    @Test("while a vocabulary is sorted, others with constraints do not wait", .timeLimit(.minutes(10)))
    func sortingOutsideOfTheLock() throws {
        let tokenizer = Asking()
        let cache = ConstraintCache(tokenizer: tokenizer, vocabularySize: 257, endOfText: [0])
        let isAnswered = DispatchSemaphore(value: 0)
        tokenizer.ask.withLock { ask in
            ask = {
                DispatchQueue.global().async {
                    _ = try? cache.matcher(for: .regex("[ab]"))
                    isAnswered.signal()
                }
                #expect(isAnswered.wait(timeout: .now() + 20) == .success)
            }
        }
        var logits = [Float](repeating: 0, count: 257)
        try cache.matcher(for: .regex("b")).mask(&logits)
        #expect(logits.indices.filter { logits[$0] == 0 } == [99])
    }

    @Test("masks are the same whether walks go on side by side or one after the other")
    func sideBySide() throws {
        let constraint = Self.constraints[4]
        let alone = ConstraintProbe(words: Self.words)
        let probe = ConstraintProbe(words: Self.words)
        let first = try probe.matcher(constraint), reference = try alone.matcher(constraint)
        let found = Mutex<[Set<TokenID>?]>([])
        let texts = ["", "a", "ab", "a b", "aaaa", "日", "日12", "abc def", "123", "zz 1234", "ab日abc", "q"]
        DispatchQueue.concurrentPerform(iterations: 4 * texts.count) { number in
            var matcher = first
            for byte in texts[number % texts.count].utf8 { matcher.advance(by: TokenID(byte) + 1) }
            let allowed = try? probe.allowed(matcher)
            var expected = reference
            for byte in texts[number % texts.count].utf8 { expected.advance(by: TokenID(byte) + 1) }
            found.withLock { $0.append(allowed == (try? alone.allowed(expected)) ? allowed : nil) }
        }
        #expect(found.withLock { $0.count == 48 && !$0.contains(nil) })
    }
}
