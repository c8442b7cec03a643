import HostCore
import Testing

@Suite("YAML")
struct YAMLTests {
    static func json(_ text: String) throws -> String { try JSONValue.object(YAMLParser.object(text)).encoded() }

    @Test(
        "scalars are what PyYAML makes of them",
        arguments: [
            ("a: 1", #"{"a":1}"#), ("a: -0.5", #"{"a":-0.5}"#), ("a: 1e-05", #"{"a":1e-05}"#), ("a: .5", #"{"a":0.5}"#),
            ("a: +3", #"{"a":3.0}"#), ("a: yes", #"{"a":true}"#), ("a: Off", #"{"a":false}"#), ("a: ~", #"{"a":null}"#),
            ("a:", #"{"a":null}"#), ("a: 2023-05-01", #"{"a":"2023-05-01"}"#), ("a: 1.2.3", #"{"a":"1.2.3"}"#),
            ("a: b:c", #"{"a":"b:c"}"#), ("a: 1\n  - b", #"{"a":"1 - b"}"#), ("a: x # y", #"{"a":"x"}"#), ("a: x#y", #"{"a":"x#y"}"#),
            ("a: 'it''s'", #"{"a":"it's"}"#), (#"a: "\t\x41\u00e9\ud83d\ude00""#, "{\"a\":\"\\tAé😀\"}"),
            ("<|user|>: Bob", #"{"<|user|>":"Bob"}"#), (#""a b": 1"#, #"{"a b":1}"#), ("'it''s': 1", #"{"it's":1}"#),
            ("a: [1, x, 'y, z', {b: 2, \"c\":3}]", #"{"a":[1,"x","y, z",{"b":2,"c":3}]}"#), ("a: [\n  1, # one\n  2\n]", #"{"a":[1,2]}"#),
            ("a: {}\nb: []", #"{"a":{},"b":[]}"#), ("", "{}"), ("# nothing\n---\n", "{}"), ("\u{FEFF}a: 1\r\nb: 2\r\n", #"{"a":1,"b":2}"#),
        ])
    func scalars(text: String, expected: String) throws {
        #expect(try Self.json(text) == expected)
    }

    @Test(
        "blocks keep or fold their lines, and end as their mark says",
        arguments: [
            ("a: |\n  x\n   y\n\n  z\n\nb: 1", "x\n y\n\nz\n"), ("a: |-\n  x\n  y\n", "x\ny"), ("a: |+\n  x\n\n\nb: 1", "x\n\n\n"),
            ("a: >\n  x\n  y\n\n  z\n    deep\n  end\n", "x y\nz\n  deep\nend\n"), ("a: >-\n  x\n  y", "x y"), ("a: |2-\n    x\n   y\n", "  x\n y"),
            ("a: |- # why\n  # kept\n", "# kept"), ("a: |\nb: 1", ""), ("a: |-\n  - x: y\n  z: \"q\n", "- x: y\nz: \"q"),
            ("a: one\n  two\n\n  three # end\nb: 1", "one two\nthree"), ("a: 'one\n  two\n\n\n  three'", "one two\n\nthree"),
            ("a: \"one \\\n  two\\n\\\n  \\  three\"", "one two\n  three"), ("a: \"x  \n  y\"", "x y"),
        ])
    func blocks(text: String, expected: String) throws {
        #expect(try YAMLParser.object(text)["a"] == .string(expected))
    }

    @Test(
        "mappings and lists nest by indentation",
        arguments: [
            ("a:\n- 1\n- 2\nb: 3", #"{"a":[1,2],"b":3}"#), ("a:\n  - x: 1\n    y: 2\n  - - 3\n    - 4\n  -\n", #"{"a":[{"x":1,"y":2},[3,4],null]}"#),
            ("a:\n  b:\n    c: |-\n      t\n  d: 2", #"{"a":{"b":{"c":"t"},"d":2}}"#),
            ("a:\n- |-\n  x\n- 'y\n  z'", #"{"a":["x","y z"]}"#),
        ])
    func nesting(text: String, expected: String) throws {
        #expect(try Self.json(text) == expected)
    }

    @Test(
        "what is not read is refused with its line",
        arguments: [
            ("a: 1\nb 2", 2), ("a: 1\na: 2", 2), ("a: &x 1", 1), ("a: *x", 1), ("a: !!int 1", 1), ("a: 'x", 1), ("a: [1", 1),
            ("a: 1\n---\nb: 2", 2), ("a:\n\tb: 1", 2), ("? a", 1), ("a: \"\\q\"", 1), ("a: \"\\ud800\"", 1), ("a: 'x' y", 1), ("a: |x\n  y", 1),
            ("a: x\n  b: y", 2), ("- 1", 1), ("a: [1 2, ]]", 1), ("a: @x", 1), ("x", 1),
        ])
    func refused(text: String, line: Int) {
        let error = #expect(throws: YAMLError.self) { try YAMLParser.object(text) }
        #expect(error?.line == line, "\(error?.description ?? "")")
    }

    @Test("nesting has a bound") func depth() {
        #expect(throws: YAMLError.self) { try YAMLParser.object("a: " + String(repeating: "[", count: 100_000)) }
        let steps = (0..<200).map { String(repeating: " ", count: $0) + "a:" }.joined(separator: "\n")
        #expect(throws: YAMLError.self) { try YAMLParser.object(steps) }
        #expect(throws: YAMLError.self) { try YAMLParser.object("a:\n" + String(repeating: "- ", count: 10_000)) }
    }

    @Test(
        "what is written reads back the same",
        arguments: [
            "plain", "two words", "yes", "1", "", " x", "x ", "a: b", "# no", "line\nline", "line\n", "a\n\nb\n", "\nfirst", "  deep\nless",
            "tab\there", "a\n \nb", "é😀", "\u{2028}x\n", "nul\0", "\"q\" 'p'", "it's", "-", "- x", "end\n\n", "\u{85}", "{{ m['x'] }}\n%}",
        ])
    func roundTrip(text: String) throws {
        let object = JSONObject([("k", .string(text)), (text + "!", [.string(text), 1, nil, true, ["x": 0.5]]), ("last", 1)])
        #expect(try YAMLParser.object(YAMLWriter.text(object)) == object, "\(YAMLWriter.text(object))")
    }
}
