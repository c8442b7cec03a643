import HostCore
import HostTokenizers
import Support
import Testing

@Suite("The World vocabulary")
struct WorldTokenizerTests {
    /// The 256 single bytes as the real file spells them, and then these literals.
    static func vocabulary(_ literals: [(String, Int)] = [], lineEnd: String = "\n") -> [String] {
        let single = (0..<256).map { byte -> String in
            let hex = "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            return byte < 128 ? "\(byte + 1) '\(hex)' 1" : "\(byte + 1) b'\(hex)' 1"
        }
        return single + literals.enumerated().map { "\(257 + $0) \($1.0) \($1.1)" }
    }

    static func open(_ lines: [String], lineEnd: String = "\n") throws(LoadError) -> any Tokenizer {
        try TokenizerFile.open(bytes: Array(lines.joined(separator: lineEnd).utf8), name: "world.txt")
    }

    @Test("Literals are read as Python reads them")
    func literals() throws {
        let tokenizer = try WorldTokenizerTests.open(
            WorldTokenizerTests.vocabulary([
                (#"'\n\n'"#, 2), (#""it's""#, 4), (#"'\\\'"'"#, 3), (#"'\u4f60'"#, 3), (#"'\xe9'"#, 2), (#"'你 好'"#, 7),
                (#"b'\xe4\xbd'"#, 2), (#"b"'\"""#, 2), (#"'   '"#, 3), (#"'\U0001f600'"#, 4),
            ]))
        let texts = ["\n\n", "it's", "\\'\"", "你", "é", "你 好"]
        for (number, text) in texts.enumerated() {
            #expect(tokenizer.encode(text, parsesSpecialTokens: false) == [257 + number])
            #expect(tokenizer.piece(of: 257 + number) == text)
        }
        #expect(tokenizer.bytes(of: 263) == [0xE4, 0xBD])
        #expect(tokenizer.piece(of: 263) == #"b'\xe4\xbd'"#)
        #expect(tokenizer.vocabularySize == 267)
        #expect(tokenizer.bytes(of: 0) == [] && tokenizer.bytes(of: 267) == [] && tokenizer.bytes(of: -1) == [])
        #expect(tokenizer.isSpecial(0) && !tokenizer.isSpecial(1))
        #expect(tokenizer.encode("   😀", parsesSpecialTokens: false) == [265, 266])
    }

    @Test("The longest token wins at each place, and everything can be encoded")
    func longestMatch() throws {
        let tokenizer = try #require(
            try WorldTokenizerTests.open(WorldTokenizerTests.vocabulary([("'ab'", 2), ("'abcd'", 4), ("'bc'", 2)]))
                as? WorldTokenizer)
        #expect(tokenizer.encode(bytes: Array("abcabcdab".utf8)) == [257, 100, 258, 257])
        #expect(tokenizer.encode(bytes: [0xFF, 0x00, 0xE4]) == [256, 1, 229])
        #expect(tokenizer.encode(bytes: []) == [])
    }

    @Test("Line ends of Windows and a missing last one change nothing", arguments: ["\n", "\r\n"])
    func lineEnds(_ lineEnd: String) throws {
        let lines = WorldTokenizerTests.vocabulary([("'ab'", 2)])
        #expect(try WorldTokenizerTests.open(lines, lineEnd: lineEnd).encode("ab", parsesSpecialTokens: true) == [257])
        #expect(try WorldTokenizerTests.open(lines + [""], lineEnd: lineEnd).vocabularySize == 258)
    }

    @Test(
        "A bad line is refused by its number",
        arguments: [
            (#"257 b'\x' 1"#, "hexadecimal"), (#"257 'ab 2"#, "closing quote"),
            (#"257 'a'b' 3"#, "after the closing quote"),
            (#"257 'ab' 3"#, "2 bytes"), (#"257 'ab' x"#, "length"), (#"257 'ab'"#, "expected a number"),
            (#"258 'ab' 2"#, "expected token 257"), (#"256 'ab' 2"#, "expected token 257"),
            (#"x 'ab' 2"#, "token number"),
            (#"257 '' 0"#, "0 bytes"), (#"257 '\ud800' 3"#, "not a character"), (#"257 '\N{DASH}' 3"#, "unknown escape"),
            (#"257 b'é' 2"#, "ASCII"), (#"257 __import__('os') 2"#, "quotes"),
            (#"99999999999999999999 'ab' 2"#, "token number"), (#"257 f'{1}' 1"#, "quotes"),
        ])
    func badLines(_ line: String, _ mention: String) throws {
        let lines = WorldTokenizerTests.vocabulary() + [line, "258 'xyz' 3"]
        let error = try #require(throws: LoadError.self) { try WorldTokenizerTests.open(lines) }
        #expect(error.kind == .corrupt)
        #expect(error.subject == "world.txt, line 257")
        #expect(error.problem.contains(mention), "\(error)")
    }

    @Test("A vocabulary with a token twice, or without a byte, is refused")
    func incomplete() throws {
        let twice = WorldTokenizerTests.vocabulary([("'ab'", 2), ("b'ab'", 2)])
        let error = try #require(throws: LoadError.self) { try WorldTokenizerTests.open(twice) }
        #expect(error.problem.contains("257 and 258"))
        let cut = Array(WorldTokenizerTests.vocabulary().prefix(255))
        let other = try #require(throws: LoadError.self) { try WorldTokenizerTests.open(cut) }
        #expect(other.problem.contains("byte 255"))
    }

    @Test("Numbers from 65536 on are refused")
    func tooMany() throws {
        let many = (256..<65_536).map { ("'k\($0)'", 1 + String($0).utf8.count) }
        let error = try #require(throws: LoadError.self) {
            try WorldTokenizerTests.open(WorldTokenizerTests.vocabulary(many))
        }
        #expect(error.subject == "world.txt, line 65536")
    }

    @Test("A listed end of text is a control token, found in a text only when asked")
    func endOfText() throws {
        let tokenizer = try WorldTokenizerTests.open(["0 '<end>' 5"] + WorldTokenizerTests.vocabulary())
        #expect(tokenizer.encode("a<end>", parsesSpecialTokens: true) == [98, 0])
        #expect(tokenizer.encode("<end>", parsesSpecialTokens: false).count == 5)
        #expect(tokenizer.decode([98, 0]) == "a")
        #expect(tokenizer.piece(of: 0) == "<end>")
    }

    @Test("The JSON form says the same")
    func json() throws {
        let members = (0..<256).map {
            $0 < 128
                ? "\"\($0 + 1)\": \"\\u00\($0 < 16 ? "0" : "")\(String($0, radix: 16))\"" : "\"\($0 + 1)\": [\($0)]"
        }
        let text = "{" + (members + [#""257": "你好""#]).joined(separator: ",") + "}"
        let tokenizer = try TokenizerFile.open(bytes: Array(text.utf8), name: "world.json")
        #expect(tokenizer.kind == "World")
        #expect(tokenizer.encode("你好a", parsesSpecialTokens: false) == [257, 98])
        for bad in [#""300": "x""#, #""257": 7"#, #""257": [256]"#, #""257": """#, #""x": "y""#, #""0257": "y""#] {
            let text = "{" + (members + [bad]).joined(separator: ",") + "}"
            #expect(throws: LoadError.self) { try TokenizerFile.open(bytes: Array(text.utf8), name: "world.json") }
        }
    }
}
