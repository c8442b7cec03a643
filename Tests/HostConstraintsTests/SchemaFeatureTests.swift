import HostConstraints
import HostCore
import Support
import Synchronization
import Testing

/// What a schema may ask for beyond types and properties: each with texts that fit and texts that do not.
@Suite("What JSON Schemas ask for")
struct SchemaFeatureTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let schema: String
        let yes: [String]
        let no: [String]
        var testDescription: String { schema }

        init(_ schema: String, yes: [String], no: [String]) {
            self.schema = schema
            self.yes = yes
            self.no = no
        }
    }

    static let numbers = [
        Case(
            #"{"type": "number", "minimum": 0.5, "maximum": 1.0}"#, yes: ["0.5", "0.75", "1", "1.0", "0.50", "0.999"],
            no: ["0.49", "0", "1.01", "2", "-0.5"]),
        Case(
            #"{"type": "number", "exclusiveMinimum": 0.25, "exclusiveMaximum": 2.5}"#,
            yes: ["0.251", "0.3", "1", "2.4999", "2.49"], no: ["0.25", "0.250", "2.5", "2.50", "0.2", "3"]),
        Case(
            #"{"type": "number", "minimum": -1.75, "maximum": -0.125}"#, yes: ["-1.75", "-1", "-0.125", "-0.5"],
            no: ["-1.76", "-0.124", "0", "1", "-2"]),
        Case(
            #"{"type": "number", "minimum": -0.5, "maximum": 0.5}"#, yes: ["0", "-0.5", "0.5", "0.1", "-0.25"],
            no: ["0.51", "-0.6", "1"]),
        Case(
            #"{"type": "number", "exclusiveMinimum": 0.3, "exclusiveMaximum": 0.30000000000000004}"#, yes: [],
            no: ["0.3", "0.30000000000000004"]),
        Case(
            #"{"type": "integer", "minimum": -9007199254740991, "maximum": 9007199254740991}"#,
            yes: ["9007199254740991", "-9007199254740991", "0", "12"], no: ["9007199254740992", "-9007199254740992", "1.5"]),
        Case(
            #"{"type": "integer", "exclusiveMinimum": 0, "maximum": 9007199254740991}"#, yes: ["1", "9007199254740991"],
            no: ["0", "-1", "-0"]),
        Case(
            #"{"type": "number", "minimum": -1.7976931348623157e308, "maximum": 1.7976931348623157e308}"#,
            yes: ["1e99", "-5.5", "0"], no: ["1e400"]),
        Case(
            #"{"type": "number", "minimum": -3.4028234663852886e38, "maximum": 3.4028234663852886e38}"#,
            yes: ["123456.5", "-1"], no: ["1e99", "-1e50"]),
        Case(#"{"type": "integer", "minimum": 1e30}"#, yes: [], no: ["1"]),
        Case(
            #"{"type": "number", "minimum": 1, "exclusiveMinimum": true, "maximum": 3, "exclusiveMaximum": false}"#,
            yes: ["1.5", "3", "3.0"], no: ["1", "1.0", "3.1"]),
        Case(#"{"type": "integer", "multipleOf": 5}"#, yes: ["0", "-15", "100"], no: ["3", "12", "5.0"]),
        Case(
            #"{"type": "integer", "multipleOf": 7, "minimum": 10, "maximum": 100}"#, yes: ["14", "98"],
            no: ["7", "105", "15"]),
        Case(
            #"{"type": "number", "multipleOf": 0.01, "minimum": 0}"#, yes: ["0.01", "12.5", "3", "7.25"],
            no: ["0.001", "12.345", "-1", "1e2"]),
        Case(
            #"{"type": "number", "multipleOf": 0.25, "minimum": -100, "maximum": 100}"#, yes: ["0.25", "-0.5", "1", "2.75", "10.50"],
            no: ["0.3", "0.20", "0.255"]),
        Case(#"{"type": "number", "multipleOf": 100}"#, yes: ["0", "100", "-2500"], no: ["50", "10", "150"]),
        Case(#"{"type": "integer", "multipleOf": 0.5}"#, yes: ["3", "-4"], no: ["0.5"]),
        Case(
            #"{"type": "integer", "allOf": [{"multipleOf": 4}, {"multipleOf": 6}]}"#, yes: ["12", "-24", "0"],
            no: ["4", "6", "8", "18"]),
        Case(#"{"type": "integer", "format": "int64", "minimum": 0}"#, yes: ["7"], no: ["-7"]),
    ]

    static let strings = [
        Case(
            #"{"type": "string", "pattern": "^[a-z]+$", "minLength": 2, "maxLength": 4}"#, yes: [#""ab""#, #""abcd""#],
            no: [#""a""#, #""abcde""#, #""aB""#]),
        Case(
            #"{"type": "string", "pattern": "^(ab|c)+$", "minLength": 3, "maxLength": 4}"#,
            yes: [#""abc""#, #""ccc""#, #""abab""#], no: [#""ab""#, #""ababc""#]),
        Case(
            #"{"type": "string", "pattern": "b", "maxLength": 2}"#, yes: [#""b""#, #""\"b""#, #""éb""#],
            no: [#""aab""#, #""aa""#]),
        Case(
            #"{"type": "string", "allOf": [{"pattern": "^a"}, {"pattern": "z$"}, {"minLength": 3}]}"#,
            yes: [#""abz""#, #""a\nz""#], no: [#""az""#, #""abc""#]),
        Case(
            #"{"type": "string", "format": "email", "pattern": "^[^@]+@example\\.com$"}"#, yes: [#""a.b@example.com""#],
            no: [#""a@example.org""#, #""a b@example.com""#]),
        Case(
            #"{"type": "string", "format": "uri", "minLength": 1, "maxLength": 2083}"#, yes: [#""https://a.org/b?c=d""#],
            no: [#""a.org""#, #""""#]),
        Case(
            #"{"type": "string", "format": "date", "minLength": 10, "maxLength": 10}"#, yes: [#""2024-02-29""#],
            no: [#""2023-02-29""#, #""2024-13-01""#]),
        Case(
            #"{"type": "string", "format": "time", "pattern": "^(?:[01]\\d|2[0-3]):[0-5]\\d(?::[0-5]\\d(?:\\.\\d+)?)?$"}"#,
            yes: [#""12:30:00""#], no: [#""25:00:00""#, #""12:30:00Z""#]),
        Case(
            #"{"type": "string", "not": {"enum": ["ab", "c"]}, "pattern": "^[a-c]{1,2}$"}"#, yes: [#""a""#, #""bb""#],
            no: [#""ab""#, #""c""#, #""abc""#]),
        Case(
            #"{"type": "string", "not": {"pattern": "^x"}, "maxLength": 3}"#, yes: [#""""#, #""ax""#], no: [#""x""#, #""xy""#]),
        Case(
            #"{"type": "string", "contentMediaType": "application/json", "contentSchema": {"type": "array", "items": {"const": "a\n"}}, "format": "json-string"}"#,
            yes: [#""[]""#, #""[\"a\\n\"]""#], no: [#""{}""#, #""[a]""#, #""[\"a\n\"]""#]),
        Case(#"{"type": "string", "format": "password", "minLength": 2}"#, yes: [#""ab""#], no: [#""a""#]),
        Case(#"{"enum": ["a", "abc", 5, 12], "maxLength": 2, "maximum": 10}"#, yes: [#""a""#, "5"], no: [#""abc""#, "12"]),
        Case(#"{"type": "string", "maxLength": 5000000}"#, yes: [#""x""#], no: ["5"]),
        Case(
            #"{"type": ["string", "null"], "not": {"const": "x"}}"#, yes: ["null", #""y""#, #""xx""#], no: [#""x""#]),
    ]

    static let objects = [
        Case(
            #"{"type": "object", "propertyNames": {"type": "string"}, "additionalProperties": {"type": "integer"}}"#,
            yes: ["{}", #"{"a":1,"b c":2}"#], no: [#"{"a":"x"}"#]),
        Case(
            #"{"type": "object", "propertyNames": {"pattern": "^[a-z]{2}$"}, "additionalProperties": {"type": "integer"}}"#,
            yes: ["{}", #"{"ab":1,"cd":2}"#], no: [#"{"a":1}"#, #"{"abc":1}"#, #"{"ab":true}"#]),
        Case(
            #"{"type": "object", "propertyNames": {"enum": ["x", "y"]}, "additionalProperties": {"type": "null"}, "required": ["y"]}"#,
            yes: [#"{"y":null}"#], no: [#"{"x":null}"#, #"{"y":null,"z":null}"#, "{}"]),
        Case(
            #"{"type": "object", "propertyNames": {"anyOf": [{"const": "x"}, {"const": "y"}]}, "additionalProperties": {"type": "null"}}"#,
            yes: [#"{"x":null,"y":null}"#, #"{"y":null}"#, "{}"], no: [#"{"z":null}"#, #"{"x":null,"x":null}"#]),
        Case(
            #"{"type": "object", "propertyNames": {"minLength": 2, "maxLength": 3}, "properties": {"ab": {"const": 1}}, "additionalProperties": {"const": 0}}"#,
            yes: [#"{"ab":1,"abc":0}"#, #"{"xy":0}"#], no: [#"{"ab":0}"#, #"{"a":0}"#, #"{"abcd":0}"#]),
        Case(
            #"{"type": "object", "patternProperties": {"^n_": {"type": "integer"}, "_s$": {"type": "string"}}}"#,
            yes: ["{}", #"{"n_a":1,"b_s":"x"}"#], no: [#"{"n_a":"x"}"#, #"{"b":1}"#, #"{"b_s":1}"#]),
        Case(
            #"{"type": "object", "properties": {"n_b": {"minimum": 3}}, "patternProperties": {"^n_": {"type": "integer"}}, "additionalProperties": false}"#,
            yes: [#"{"n_b":3,"n_c":0}"#, "{}"], no: [#"{"n_b":2}"#, #"{"x":1}"#, #"{"n_c":0.5}"#]),
        Case(
            #"{"type": "object", "additionalProperties": {"type": "null"}, "minProperties": 1, "maxProperties": 2}"#,
            yes: [#"{"a":null}"#, #"{"a":null,"b":null}"#], no: ["{}", #"{"a":null,"b":null,"c":null}"#]),
        Case(
            #"{"type": "object", "properties": {"a": {"const": 1}, "b": {"const": 2}, "c": {"const": 3}}, "minProperties": 2, "additionalProperties": false}"#,
            yes: [#"{"a":1,"b":2}"#, #"{"b":2,"c":3}"#, #"{"a":1,"b":2,"c":3}"#], no: ["{}", #"{"a":1}"#, #"{"c":3}"#]),
        Case(
            #"{"type": "object", "properties": {"a": {"const": 1}, "b": {"const": 2}, "c": {"const": 3}}, "maxProperties": 1, "required": ["b"]}"#,
            yes: [#"{"b":2}"#], no: ["{}", #"{"a":1,"b":2}"#, #"{"b":2,"c":3}"#, #"{"c":3}"#]),
        Case(
            #"{"type": "object", "properties": {"a": {"const": 1}, "b": {"const": 2}}, "dependentRequired": {"a": ["b"]}, "additionalProperties": false}"#,
            yes: ["{}", #"{"b":2}"#, #"{"a":1,"b":2}"#], no: [#"{"a":1}"#]),
        Case(
            #"{"allOf": [{"type": "object", "properties": {"a": {"const": 1}}, "required": ["a"]}, {"properties": {"b": {"const": 2}}}], "unevaluatedProperties": false}"#,
            yes: [#"{"a":1}"#, #"{"a":1,"b":2}"#], no: ["{}", #"{"a":1,"c":1}"#]),
        Case(
            #"{"type": "object", "properties": {"k": {"enum": ["a", "b"]}, "n": {"type": "integer"}}, "required": ["k"], "additionalProperties": false, "if": {"properties": {"k": {"const": "a"}}}, "then": {"required": ["n"]}, "else": {"properties": {"n": false}}}"#,
            yes: [#"{"k":"a","n":1}"#, #"{"k":"b"}"#], no: [#"{"k":"a"}"#, #"{"k":"b","n":1}"#]),
        Case(
            #"{"type": "object", "properties": {"LONG": {"const": 1}}, "additionalProperties": {"const": 0}}"#
                .replacing("LONG", with: String(repeating: "long", count: 50)),
            yes: ["{\"\(String(repeating: "long", count: 50))\":1,\"x\":0}"], no: ["{\"\(String(repeating: "long", count: 50))\":0}"]),
    ]

    static let others = [
        Case(
            #"{"type": "array", "items": {"enum": ["a", "b"]}, "uniqueItems": true}"#,
            yes: ["[]", #"["b","a"]"#, #"["a"]"#], no: [#"["a","a"]"#, #"["a","b","a"]"#]),
        Case(
            #"{"type": "array", "items": {"enum": [1, 2, 3, 4, 5, 6, 7, 8]}, "uniqueItems": true, "minItems": 2, "maxItems": 3}"#,
            yes: ["[1,2]", "[3,5,8]"], no: ["[1]", "[1,1]", "[1,2,3,4]"]),
        Case(#"{"type": "array", "items": {"type": "boolean"}, "uniqueItems": true}"#, yes: ["[false,true]"], no: ["[true,true]"]),
        Case(
            #"{"type": "array", "items": {"type": "integer"}, "contains": {"minimum": 10}}"#,
            yes: ["[10]", "[1,20,3]"], no: ["[]", "[1,2]"]),
        Case(#"{"anyOf": [{"not": {}}, {"type": "null"}]}"#, yes: ["null"], no: ["1"]),
        Case(#"{"type": ["string", "integer"], "not": {"type": "string"}}"#, yes: ["1"], no: [#""a""#]),
        Case(#"{"type": "integer", "not": {"minimum": 5}}"#, yes: ["4", "-1"], no: ["5", "6"]),
        Case(
            #"{"oneOf": [{"type": "object", "properties": {"k": {"const": "a"}}}, {"type": "object", "properties": {"k": {"const": "b"}, "n": {"type": "integer"}}}], "discriminator": {"propertyName": "k"}}"#,
            yes: [#"{"k":"a"}"#, #"{"k":"b","n":1}"#], no: ["{}", #"{"k":"a","n":1}"#, #"{"n":1}"#]),
        Case(
            #"{"oneOf": [{"oneOf": [{"const": 1}, {"const": 2}]}, {"const": 3}]}"#, yes: ["1", "2", "3"], no: ["4"]),
        Case(
            ##"{"$id": "https://x.org/s.json", "$ref": "#item", "$defs": {"i": {"$anchor": "item", "type": "array", "items": {"$ref": "https://x.org/s.json#/$defs/n"}}, "n": {"$id": "n.json", "type": "integer"}, "u": {"$ref": "n.json"}}}"##,
            yes: ["[1,2]"], no: ["1", #"["a"]"#]),
        Case(
            ##"{"definitions": {"a": {"type": "integer"}}, "$ref": "#/definitions/a", "minimum": 3, "description": "x"}"##,
            yes: ["3"], no: ["2"]),
        Case(#"{"type": "string", "nullable": true, "enum": [null]}"#, yes: ["null"], no: [#""""#]),
        Case(
            #"{"anyOf": [{"type": "string"}, {"type": "integer"}], "type": "integer", "oneOf": [{"maximum": 3}, {"const": 9}]}"#,
            yes: ["1", "9"], no: ["4", #""a""#]),
        Case(
            ##"{"$ref": "#/$defs/a", "$defs": {"a": {"type": "object", "properties": {"next": {"allOf": [{"$ref": "#/$defs/a"}, {"$ref": "#/$defs/b"}]}}, "additionalProperties": false}, "b": {"required": []}}}"##,
            yes: ["{}", #"{"next":{"next":{}}}"#], no: [#"{"next":1}"#]),
        Case(#"{"type": "integer", "const": 5, "strict": true, "propertyOrdering": ["a"], "examples": [5]}"#, yes: ["5"], no: ["6"]),
    ]

    /// At its word this fits nothing; libraries write intersections so.
    static let intersections = [
        Case(
            #"{"allOf": [{"type": "object", "properties": {"a": {"const": 1}}, "required": ["a"], "additionalProperties": false}, {"type": "object", "properties": {"b": {"const": 2}}, "required": ["b"], "additionalProperties": false}]}"#,
            yes: [#"{"a":1,"b":2}"#], no: [#"{"a":1}"#, #"{"b":2}"#])
    ]

    @Test("texts that fit are accepted, others are not", arguments: numbers + strings + objects + others + intersections)
    func texts(_ test: Case) throws {
        let probe = ConstraintProbe()
        let constraint = OutputConstraint.jsonSchema(try JSONValue(parsing: test.schema))
        guard !test.yes.isEmpty else {
            #expect(refusal(constraint) != nil)
            return
        }
        for text in test.yes { #expect(try probe.accepts(text, constraint), "\(text)") }
        for text in test.no { #expect(try !probe.accepts(text, constraint), "\(text)") }
    }

    @Test("whatever is written at random satisfies the schema", arguments: numbers + strings + objects + others)
    func samples(_ test: Case) throws {
        let schema = try JSONValue(parsing: test.schema)
        // The validator follows no names but pointers, and knows no bounds of draft 4, which are true or false.
        guard !test.yes.isEmpty, !test.schema.contains("$id"), !test.schema.contains("Minimum\": true") else { return }
        let probe = ConstraintProbe()
        var generator = SplitMix(seed: 5)
        let closing = Set("\"}]".utf8.map { TokenID($0) + 1 })
        for _ in 0..<8 {
            let sample = try probe.sample(.jsonSchema(schema), using: &generator, limit: 300) { closing.contains($0) ? 60 : 1 }
            guard let sample, let value = try? JSONValue(parsing: sample) else { continue }
            #expect(SchemaValidator(document: schema).accepts(value, schema), "\(sample)")
        }
    }

    struct Warned: Sendable, CustomTestStringConvertible {
        let schema: JSONValue
        let told: String?
        var testDescription: String { schema.encoded() }
    }

    static let warned = [
        Warned(schema: ["type": "string", "format": "starsign"], told: "the format \"starsign\" is not known"),
        Warned(schema: ["type": "string", "format": "password"], told: nil),
        Warned(schema: ["type": "array", "items": ["type": "integer"], "uniqueItems": true], told: "\"uniqueItems\""),
        Warned(schema: ["type": "array", "items": ["enum": [1, 2]], "uniqueItems": true], told: nil),
        Warned(schema: ["type": "integer", "colour": "red"], told: "the keyword \"colour\""),
        Warned(schema: ["type": "object", "minProperties": 2], told: "\"minProperties\""),
        Warned(schema: ["type": "string", "format": "ipv4", "pattern": "^[a-z]+$"], told: "the pattern is kept alone"),
    ]

    @Test("what is read as an annotation is told, what is kept is not", arguments: warned)
    func warnings(_ test: Warned) throws {
        let warnings = try OutputConstraint.jsonSchema(test.schema).validate()
        #expect(warnings.count == (test.told == nil ? 0 : 1))
        if let told = test.told { #expect(warnings.first?.contains(told) == true, "\(warnings)") }
    }

    @Test("a warning is told once, whichever constraint it comes from")
    func toldOnce() throws {
        let told = Mutex<[String]>([])
        let log = Log { _, line in told.withLock { $0.append(line) } }
        let cache = ConstraintCache(tokenizer: ByteTokenizer(words: []), vocabularySize: 257, endOfText: [0], log: log)
        for length in [3, 3, 4] {
            _ = try cache.matcher(for: .jsonSchema(["type": "string", "format": "starsign", "maxLength": .integer(length)]))
        }
        #expect(told.withLock { $0.count } == 1)
        #expect(told.withLock { $0.first }?.hasPrefix("response_format: the format \"starsign\"") == true)
    }

    private static let manyPatterns: [JSONValue] = (0..<2000).map { number in
        let schema: JSONValue = ["pattern": .string("(a|b)*a(a|b){11}\(number)"), "minLength": 2]
        return ["properties": .object(JSONObject([("p\(number)", schema)]))]
    }

    private static let manySets: String = (0x100..<0x1900).map { number in
        "[\\u{\(String(number, radix: 16))}-\\u{\(String(number + 3, radix: 16))}]"
    }.joined()

    private static let manyDependencies = JSONObject((0..<30).map { ("k\($0)", ["x"] as JSONValue) })

    private static let manyNegations: JSONValue = (0..<150).reduce("x" as JSONValue) { inner, _ in ["not": inner] }

    static let hostile: [String: JSONValue] = [
        "many patterns": ["allOf": .array(manyPatterns)],
        "names that choose without end": [
            "propertyNames": ["$ref": "#/$defs/a"], "required": ["x"],
            "$defs": ["a": ["anyOf": [["$ref": "#/$defs/a"], ["$ref": "#/$defs/a"]]]],
        ],
        "a set of its own for each place": ["type": "string", "pattern": .string("^\(manySets)$"), "not": ["const": "a"]],
        "assertions in assertions": [
            "type": "string", "pattern": .string(String(repeating: "(?=a", count: 50) + String(repeating: ")", count: 50)),
        ],
        "not of not": manyNegations,
        "many dependencies": ["type": "object", "dependentRequired": .object(manyDependencies)],
    ]

    @Test("hostile schemas are refused quickly", arguments: hostile.keys.sorted())
    func refusedQuickly(_ name: String) throws {
        let start = ContinuousClock.now
        #expect(refusal(.jsonSchema(try #require(Self.hostile[name]))) != nil)
        // A second in a release build on a machine that does nothing else.
        #expect(ContinuousClock.now - start < .seconds(60))
    }
}
