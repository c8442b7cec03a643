import HostCore
import Synchronization
import Testing

@Suite("JSON documents")
struct JSONDocumentTests {
    private static func document(_ text: String) throws -> JSONDocument { try JSONDocument(parsing: Array(text.utf8)) }

    @Test("members become the values that parsing the whole text gives")
    func values() throws {
        let text = #" {"a" : 1, "b":[true, {"c": "\u00e4\n"}], "": null, "d":{"e":-0.5e3}, "long": "0123456789abcdefgh" } "#
        let document = try Self.document(text)
        let whole = try #require(try JSONValue(parsing: text).objectValue)
        #expect(document.keys == whole.keys)
        for key in whole.keys { #expect(try document.value(key) == whole[key]) }
        #expect(try document.value("x") == nil)
        #expect(try document.object() == whole)
        #expect(document.byteCount(of: "d") == #"{"e":-0.5e3}"#.utf8.count)
    }

    @Test(
        "a text of another kind has no members and says what it is",
        arguments: [
            ("[1]", "an array"), ("\"x\"", "a string"), ("1", "a number"), ("null", "null"), ("true", "a boolean"),
        ])
    func otherKinds(text: String, kind: String) throws {
        let document = try Self.document(text)
        #expect(!document.isObject && document.kind == kind && document.keys.isEmpty)
    }

    @Test(
        "what the strict parser refuses is refused also in members that nobody reads",
        arguments: [
            "", " ", "{", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{\"a\":1 \"b\":2}", "{\"a\":[1,]}", "{\"a\":[1 2]}",
            "{\"a\":01}", "{\"a\":1.}", "{\"a\":+1}", "{\"a\":tru}", "{\"a\":\"\\x\"}", "{\"a\":\"\\ud800\"}",
            "{\"a\":\"\u{1}\"}", "{\"a\":\"b}", "{\"a\":1}x", "{\"a\":{\"b\" 1}}", "{\"a\":{b:1}}", "{\"a\":1,\"a\":2}", "\u{FEFF}{}",
        ])
    func refusals(text: String) {
        #expect(throws: JSONError.self) { try Self.document(text) }
        #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
    }

    @Test("bytes that are not UTF-8 are refused wherever they stand")
    func utf8() {
        for bytes: [UInt8] in [[0xFF], [0xC3], [0xED, 0xA0, 0x80]] {
            let text = Array(#"{"a":""#.utf8) + bytes + Array(#""}"#.utf8)
            #expect(throws: JSONError.self) { try JSONDocument(parsing: text) }
        }
    }

    @Test("nesting is bounded as in a whole parse")
    func depth() throws {
        let deep = { (count: Int) in
            "{\"a\":" + String(repeating: "[", count: count) + String(repeating: "]", count: count) + "}"
        }
        #expect(try Self.document(deep(63)).value("a") != nil)
        #expect(throws: JSONError.self) { try Self.document(deep(64)) }
    }

    @Test("values of members that nobody reads take no memory, and those that are read are counted before they are made")
    func metering() throws {
        let values = String(repeating: "{\"a\":1},", count: 100_000) + "0"
        let text = Array("{\"prompt\":\"x\",\"y\":[\(values)]}".utf8)
        let taken = Mutex(0)
        let document = try JSONDocument(parsing: text) { bytes in
            taken.withLock { $0 += bytes }
            return taken.withLock { $0 } < 2_000_000
        }
        #expect(taken.withLock { $0 } < 1000)
        #expect(try document.value("prompt") == "x")
        #expect(taken.withLock { $0 } < 1000)
        let error = #expect(throws: JSONError.self) { try document.value("y") }
        #expect(error?.isOutOfMemory == true)
    }

    @Test("an object finds its members with and without an index")
    func objectIndex() {
        var object = JSONObject()
        for number in 0..<20 {
            object["k\(number)"] = .integer(number)
            #expect((0...number).allSatisfy { object["k\($0)"] == .integer($0) })
            #expect(object["k\(number + 1)"] == nil)
        }
        object["k3"] = nil
        #expect(object["k3"] == nil && object["k19"] == 19 && object.count == 19)
        for number in 4..<20 { object["k\(number)"] = nil }
        #expect(object.keys == ["k0", "k1", "k2"] && object["k2"] == 2)
        object["k2"] = "new"
        #expect(object["k2"] == "new" && object.count == 3)
    }
}
