import HostCore
import HostGeneration
import Testing

@Suite("Fields that give a text its form")
struct ConstraintFieldTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let fields: String
        let constraint: OutputConstraint?
        var testDescription: String { fields }
    }

    static let schema: JSONValue = ["type": "object", "properties": ["b": true, "a": ["type": "integer"]]]
    static let schemaText = #"{"type":"object","properties":{"b":true,"a":{"type":"integer"}}}"#

    static let cases = [
        Case(fields: #""grammar_string": """#, constraint: nil),
        Case(fields: #""response_format": {"type": "text"}"#, constraint: nil),
        Case(fields: #""json_schema": {}, "guided_regex": null"#, constraint: nil),
        Case(fields: #""grammar_string": "root ::= \"a\"""#, constraint: .grammar("root ::= \"a\"")),
        Case(fields: #""guided_regex": "a+""#, constraint: .regex("a+")),
        Case(fields: #""regex": "a+""#, constraint: .regex("a+")),
        Case(fields: #""response_format": {"type": "json_object"}"#, constraint: .jsonObject),
        Case(
            fields: #""response_format": {"type": "json_object", "schema": \#(schemaText)}"#,
            constraint: .jsonSchema(schema)),
        Case(
            fields:
                #""response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": \#(schemaText)}}"#,
            constraint: .jsonSchema(schema)),
        Case(fields: #""json_schema": \#(schemaText)"#, constraint: .jsonSchema(schema)),
        Case(
            fields: #""guided_json": "\#(schemaText.replacing("\"", with: "\\\""))""#, constraint: .jsonSchema(schema)),
    ]

    @Test("each of them reaches the engine, on both routes, with the schema's own order", arguments: cases)
    func reaches(_ test: Case) async {
        for (path, start) in [
            ("/v1/completions", #""prompt": "x""#),
            ("/v1/chat/completions", #""messages": [{"role": "user", "content": "x"}]"#),
        ] {
            let client = InMemoryClient()
            let reply = await client.post(path, "{\(start), \(test.fields)}")
            #expect(reply.status == 200, "\(reply.text)")
            #expect(client.service.engine.requests.first?.sampling.constraint == test.constraint)
        }
    }
}
