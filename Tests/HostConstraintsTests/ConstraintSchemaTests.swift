import HostCore
import HostConstraints
import Support
import Testing

@Suite("JSON Schemas as constraints")
struct ConstraintSchemaTests {
    static let schemas: [String] = [
        #"{"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer"}}, "required": ["name", "age"], "additionalProperties": false}"#,
        #"{"type": "object", "properties": {"a": {"type": "boolean"}, "b": {"type": "null"}, "c": {"const": 5}, "d": {"enum": ["x", 1, {"y": [null]}]}}, "required": ["c"]}"#,
        #"{"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"], "additionalProperties": {"type": "boolean"}}"#,
        #"{"type": "object", "properties": {"ab": {"const": 1}, "abc": {"const": 2}, "é": {"const": 3}, "": {"const": 4}}, "additionalProperties": {"const": 0}}"#,
        #"{"type": "object", "required": ["x\"y"], "additionalProperties": {"type": "number"}}"#,
        #"{"type": "object", "additionalProperties": false}"#,
        #"{"type": "array", "items": {"type": "integer", "minimum": -17, "maximum": 1203}, "minItems": 2, "maxItems": 4}"#,
        #"{"type": "array", "items": {"type": "number", "exclusiveMinimum": 0, "maximum": 12}, "minItems": 1, "maxItems": 9}"#,
        #"{"type": "array", "items": {"type": "number", "minimum": -3, "exclusiveMaximum": -1}, "minItems": 3}"#,
        #"{"type": "array", "items": {"type": "integer", "exclusiveMinimum": 99.5, "exclusiveMaximum": 1000}, "minItems": 3}"#,
        #"{"type": "array", "prefixItems": [{"type": "string", "maxLength": 3}, {"type": "integer"}], "items": false, "minItems": 1}"#,
        #"{"type": "array", "prefixItems": [{"const": "a"}], "items": {"type": "null"}, "minItems": 3, "maxItems": 5}"#,
        #"{"type": "array", "items": [{"const": 1}, {"const": 2}], "minItems": 2, "maxItems": 2}"#,
        #"{"type": "string", "minLength": 3, "maxLength": 5}"#,
        #"{"type": "string", "pattern": "^[a-z\"\\\\\n]{2,4}(é|x+)$"}"#,
        #"{"type": ["string", "null", "integer", "number"], "minLength": 1, "maximum": 10}"#,
        #"{"anyOf": [{"type": "integer"}, {"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"]}, {"type": "null"}]}"#,
        #"{"oneOf": [{"type": "object", "properties": {"kind": {"const": "a"}, "n": {"type": "integer"}}, "required": ["kind", "n"]}, {"type": "object", "properties": {"kind": {"const": "b"}}, "required": ["kind"]}]}"#,
        ##"{"allOf": [{"$ref": "#/$defs/base"}, {"properties": {"b": {"type": "integer", "minimum": 3}}, "required": ["b"]}], "$defs": {"base": {"type": "object", "properties": {"a": {"type": "boolean"}, "b": {"maximum": 5}}, "required": ["a"]}}}"##,
        ##"{"$ref": "#/$defs/node", "$defs": {"node": {"type": "object", "properties": {"value": {"type": "integer", "minimum": 0, "maximum": 9}, "next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]}}, "required": ["value", "next"]}}}"##,
        ##"{"type": "array", "items": {"anyOf": [{"$ref": "#"}, {"type": "boolean"}]}, "maxItems": 2}"##,
        ##"{"$ref": "#/$defs/a~1b%25", "$defs": {"a/b%": {"type": "string", "enum": ["ok"]}}}"##,
        #"{"title": "T", "description": "d", "type": "string", "nullable": true, "enum": ["a"], "x-order": 1, "default": "a"}"#,
        #"{"anyOf": [{"minimum": 5}, {"maximum": 3}], "type": "integer", "multipleOf": 1}"#,
    ]

    @Test("whatever is written at random satisfies the schema", arguments: schemas)
    func samples(_ text: String) throws {
        let schema = try JSONValue(parsing: text)
        let probe = ConstraintProbe()
        var generator = SplitMix(seed: 7)
        // Ends are likely, so that texts get done.
        let closing = Set("\"}]".utf8.map { TokenID($0) + 1 })
        var complete = 0
        for _ in 0..<12 {
            let sample = try probe.sample(.jsonSchema(schema), using: &generator, limit: 600) {
                closing.contains($0) ? 60 : 1
            }
            guard let sample else { continue }
            complete += 1
            let value = try JSONValue(parsing: sample)
            #expect(SchemaValidator(document: schema).accepts(value, schema), "\(sample)")
        }
        #expect(complete >= 6)
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let schema: String
        let yes: [String]
        let no: [String]
        var testDescription: String { schema }
    }

    static let cases = [
        Case(
            schema:
                #"{"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "string"}}, "required": ["b"]}"#,
            yes: [
                #"{"b":""}"#, #"{"a":-5,"b":"x"}"#, #"{"a": 0, "b": "é\u0041\n\ud83d\ude00😀"}"#,
                "{\n  \"a\": 1,\n  \"b\": \"\"\n}",
            ],
            no: [
                "{}", #"{"a":1}"#, #"{"b":"","a":1}"#, #"{"b":"","c":1}"#, #"{"a":01,"b":""}"#, #"{"b":"\ud800"}"#,
                #"{"b" :""}"#, #"{"b":  ""}"#, "{\"b\":\"\n\"}", #"{"b":"",}"#, #" {"b":""}"#, #"{"b":""} "#,
            ]),
        Case(
            schema: #"{"type": "number"}"#, yes: ["0", "-1.5", "1e10", "2E-3", "123456789012345"],
            no: ["01", "+1", ".5", "1.", "1e999", "NaN", "-", "1234567890123456"]),
        Case(
            schema: #"{"type": "integer", "minimum": 7, "maximum": 132}"#, yes: ["7", "42", "99", "100", "129", "132"],
            no: ["6", "0", "133", "200", "1000", "-7", "7.0", "07"]),
        Case(
            schema: #"{"type": "integer", "exclusiveMinimum": -100}"#, yes: ["-99", "0", "5000", "-1"],
            no: ["-100", "-101", "-"]),
        Case(
            schema: #"{"type": "number", "minimum": 0, "maximum": 1}"#, yes: ["0", "1", "0.5", "1.0", "0.0"],
            no: ["-0.5", "1.1", "2", "1.01"]),
        Case(
            schema: #"{"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 10}"#, yes: ["0.01", "5", "9.99"],
            no: ["0", "0.0", "10", "10.0", "-1"]),
        Case(
            schema: #"{"type": "string", "format": "date-time"}"#,
            yes: [#""2024-02-28T23:59:59Z""#, #""1999-12-31T00:00:00.5+02:00""#],
            no: [#""2024-13-01T00:00:00Z""#, #""2024-02-30T00:00:00Z""#, #""2024-01-01T25:00:00Z""#, #""2024-01-01""#]),
        Case(
            schema: #"{"type": "string", "format": "uuid"}"#, yes: [#""123e4567-e89b-12d3-a456-426614174000""#],
            no: [#""123e4567e89b12d3a456426614174000""#]),
        Case(
            schema: #"{"type": "string", "format": "email"}"#, yes: [#""a.b+c@x-y.org""#], no: [#""a@b""#, #""@b.c""#]),
        Case(
            schema: #"{"type": "string", "format": "ipv4"}"#, yes: [#""192.168.0.255""#],
            no: [#""1.2.3.256""#, #""1.2.3""#]),
        Case(
            schema: #"{"type": "string", "maxLength": 2}"#, yes: [#""""#, #""é日""#, #""\ud83d\ude00\"""#],
            no: [#""abc""#]),
        Case(
            schema: #"{"type": "string", "pattern": "ab|^c$"}"#, yes: [#""ab""#, #""xaby""#, #""c""#],
            no: [#""xc""#, #""ba""#]),
        Case(schema: "true", yes: ["1", "[1, {}]", "null", #""x""#], no: ["", "nul", "[1,]"]),
    ]

    @Test("single texts are accepted or not", arguments: cases)
    func texts(_ test: Case) throws {
        let probe = ConstraintProbe()
        let constraint = OutputConstraint.jsonSchema(try JSONValue(parsing: test.schema))
        for text in test.yes { #expect(try probe.accepts(text, constraint), "\(text)") }
        for text in test.no { #expect(try !probe.accepts(text, constraint), "\(text)") }
    }

    struct Refused: Sendable, CustomTestStringConvertible {
        let schema: JSONValue
        let told: String
        var testDescription: String { told + " in " + schema.encoded().prefix(80) }
    }

    static let refused = [
        Refused(
            schema: ["type": "object", "properties": ["a": ["type": "array", "items": ["dependentSchemas": [:]]]]],
            told: "#/properties/a/items: the keyword \"dependentSchemas\""),
        Refused(schema: ["type": "array", "contains": true, "maxContains": 3], told: "\"contains\" beside"),
        Refused(schema: ["type": "number", "multipleOf": 0.0009973], told: "\"multipleOf\" 0.0009973 is not supported"),
        Refused(schema: ["type": "number", "not": ["const": 5]], told: "\"not\" is not supported in this form"),
        Refused(schema: ["type": "string", "not": [:]], told: "no text can ever match"),
        Refused(schema: ["type": "string", "pattern": "(?<=a)b"], told: "pattern, line 1"),
        Refused(schema: ["type": "string", "pattern": "^a+$", "maxLength": 3, "minLength": 9000], told: "maxLength"),
        Refused(schema: ["type": "string", "pattern": "^(ab)+$", "minLength": 9000], told: "states"),
        Refused(schema: ["type": "string", "format": "uri", "maxLength": 5], told: "the format \"uri\" with the length"),
        Refused(schema: ["type": "text"], told: "\"type\""), Refused(schema: ["$ref": "http://x.org/y"], told: "$ref"),
        Refused(schema: ["$ref": "#/$defs/x"], told: "not there"), Refused(schema: ["enum": 5], told: "enum"),
        Refused(schema: ["oneOf": [["type": "integer"], ["type": "number"]]], told: "oneOf"),
        Refused(schema: ["type": "string", "allOf": [["pattern": "^a$"], ["pattern": "^b$"]]], told: "no text has this form"),
        Refused(
            schema: [
                "allOf": [["properties": ["a": true], "additionalProperties": false], ["properties": ["b": true]]]
            ],
            told: "shuts out \"b\""),
        Refused(schema: ["type": "object", "required": ["a"], "additionalProperties": false], told: "required"),
        Refused(schema: ["type": "integer", "minimum": 5, "maximum": 4], told: "no text can ever match"),
        Refused(
            schema: ["$ref": "#/$defs/a", "$defs": ["a": ["$ref": "#/$defs/b"], "b": ["$ref": "#/$defs/a"]]],
            told: "no text can ever match"),
        Refused(schema: ["allOf": [["$ref": "#"]]], told: "without end"), Refused(schema: 5, told: "must be an object"),
        Refused(schema: ["type": "string", "minLength": 1_000_000], told: "at most"),
        Refused(
            schema: ["type": "object", "properties": ["a": false], "required": ["a"]], told: "no text can ever match"),
    ]

    @Test("what cannot be promised is refused by name", arguments: refused)
    func refusals(_ test: Refused) throws {
        let error = try #require(refusal(.jsonSchema(test.schema)))
        #expect(error.kind == .invalidParameter && error.subject == "response_format")
        #expect(error.description.contains(test.told), "\(error)")
    }

    @Test("json_object is any object and nothing else")
    func anyObject() throws {
        let probe = ConstraintProbe()
        for text in ["{}", #"{"a": [1, {"b": null}], "é": "\\"}"#, "{ }", "{\n\t\"a\": 1\n}"] {
            #expect(try probe.accepts(text, .jsonObject), "\(text)")
        }
        for text in ["[]", "1", #"{"a"}"#, #"{"a":1"#, #"{"a":   1}"#, "{\n\n}", "{}{}"] {
            #expect(try !probe.accepts(text, .jsonObject), "\(text)")
        }
    }
}
