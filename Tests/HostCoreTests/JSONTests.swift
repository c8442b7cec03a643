import HostCore
import Testing

@Suite("JSON")
struct JSONTests {
    @Test(
        "texts that are not JSON are refused with a position",
        arguments: [
            ("", 0), ("{", 1), ("[1,]", 3), ("{\"a\":1,}", 7), ("01", 0), ("1.", 2), ("-", 1), ("+1", 0), ("1e400", 0),
            ("NaN", 0), ("Infinity", 0), ("nul", 0), ("\"a", 0), ("\"\\x\"", 1), ("\"\\ud800\"", 1), ("[1] 2", 4),
            ("\u{FEFF}1", 0), ("{\"a\":1,\"a\":2}", 7), ("\"\u{1}\"", 1), ("\"\\u12g4\"", 3), ("{1:2}", 1), ("[1 2]", 3),
        ])
    func refusals(text: String, offset: Int) {
        let error = #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
        #expect(error?.offset == offset, "\(text): \(error.map(String.init(describing:)) ?? "")")
    }

    @Test("invalid UTF-8 inside a string is refused")
    func invalidUTF8() {
        #expect(throws: JSONError.self) { try JSONValue(parsing: [0x22, 0xC3, 0x28, 0x22]) }
        #expect(throws: JSONError.self) { try JSONValue(parsing: [0x22, 0xFF, 0x22]) }
    }

    @Test("deep nesting is refused without deep recursion", arguments: [65, 100_000, 10_000_000])
    func depth(levels: Int) throws {
        #expect(throws: JSONError.self) { try JSONValue(parsing: [UInt8](repeating: 0x5B, count: levels)) }
        let deepest = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
        #expect(throws: Never.self) { try JSONValue(parsing: deepest) }
    }

    @Test("numbers keep their kind and value")
    func numbers() throws {
        #expect(try JSONValue(parsing: "9223372036854775807") == .integer(Int.max))
        #expect(try JSONValue(parsing: "9223372036854775808") == .number(9_223_372_036_854_775_808))
        #expect(try JSONValue(parsing: "-0") == .number(-0.0))
        #expect(try JSONValue(parsing: "5.0").intValue == 5)
        #expect(try JSONValue(parsing: "5.5").intValue == nil)
        #expect(try JSONValue(parsing: "1E-2") == .number(0.01))
        #expect(try JSONValue(parsing: "1e300").intValue == nil)
    }

    @Test("escapes and surrogate pairs become their characters")
    func escapes() throws {
        let value = try JSONValue(parsing: #""a\n\t\"\\\/\u00e9\ud83d\ude00""#)
        #expect(value == .string("a\n\t\"\\/é😀"))
    }

    @Test("what is written reads back equal, in every style", arguments: [JSONValue.Style.compact, .python, .pretty])
    func roundTrip(style: JSONValue.Style) throws {
        let value: JSONValue = [
            "text": "é😀\u{7F}\u{1}\"\\", "list": [1, 2.5, true, nil, []], "object": ["b": 1, "a": [:]], "big": 1e300,
        ]
        #expect(try JSONValue(parsing: value.encoded(style)) == value)
    }

    @Test("Python's style has its spaces and escapes")
    func pythonStyle() {
        let value: JSONValue = ["a": [1, "é😀"], "b": nil]
        #expect(value.encoded(.python) == #"{"a": [1, "\u00e9\ud83d\ude00"], "b": null}"#)
        #expect(value.encoded() == #"{"a":[1,"é😀"],"b":null}"#)
    }

    @Test("a 32-bit number prints the shortest decimal that reads back to it")
    func float32() {
        #expect(JSONValue.float32(0.1).encoded() == "0.1")
        #expect(JSONValue.float32(-.infinity).encoded() == "null")
    }

    @Test("keys are compared byte for byte")
    func keys() throws {
        let value = try JSONValue(parsing: "{\"\u{E9}\":1,\"e\u{301}\":2}")
        #expect(value.objectValue?.count == 2)
        #expect(value["e\u{301}"] == .integer(2))
    }

    @Test("an object keeps its order through changes")
    func objectOrder() {
        var object = JSONObject([("a", 1), ("b", 2), ("c", 3)])
        object["b"] = nil
        object["d"] = 4
        object["a"] = 5
        #expect(object.keys == ["a", "c", "d"])
        #expect(object["c"] == .integer(3) && object["b"] == nil)
    }
}
