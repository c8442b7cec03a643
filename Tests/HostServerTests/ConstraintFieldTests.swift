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

    @Test(
        "what is wrong in a form is told of the field that it was sent in",
        arguments: [
            (#""json_schema": {"type": 5}"#, "json_schema"), (#""guided_json": {"type": 5}"#, "guided_json"),
            (#""response_format": {"type": "json_schema", "json_schema": {"schema": {"type": 5}}}"#, "response_format"),
            (#""structured_outputs": {"json": {"type": 5}}"#, "structured_outputs"), (#""guided_regex": "(""#, "guided_regex"),
            (#""structured_outputs": {"regex": "("}"#, "structured_outputs"), (#""regex": "(""#, "regex"),
            (#""grammar": "root ::= missing""#, "grammar"), (#""grammar_string": "root ::= missing""#, "grammar_string"),
            (#""guided_grammar": "root ::= missing""#, "guided_grammar"), (#""ebnf": "root ::= missing""#, "ebnf"),
            (#""grammar": {"type": "json", "value": {"type": 5}}"#, "grammar"),
        ])
    func named(_ fields: String, _ field: String) async {
        for start in [#"/v1/completions {"prompt": "x""#, #"/v1/chat/completions {"messages": [{"role": "user", "content": "x"}]"#] {
            let parts = start.split(separator: " ", maxSplits: 1).map(String.init)
            let reply = await InMemoryClient(serving: EngineService()).post(parts[0], "\(parts[1]), \(fields)}")
            #expect(reply.status == 400, "\(reply.text)")
            reply.expectEnvelope(param: field)
            #expect(reply.text.contains("\"\(field): "), "\(reply.text)")
        }
        let text = #"{"input": "x", "text": {"format": {"type": "json_schema", "schema": {"type": 5}}}}"#
        await InMemoryClient(serving: EngineService()).post("/v1/responses", text).expectEnvelope(param: "text")
    }

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
