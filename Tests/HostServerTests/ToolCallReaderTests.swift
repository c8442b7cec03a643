import HostCore
import HostTemplates
import Testing

@testable import HostServer

@Suite("Calls of tools in what a model writes")
struct ToolCallReaderTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let text: String
        let content: String
        let calls: [String]
        var isDone = false
        var testDescription: String { text }
    }

    private static let cases = [
        Case(text: #"{"name": "f", "arguments": {"a": 1}}"#, content: "", calls: [#"f {"a": 1}"#]),
        Case(text: " \n" + #"{"name":"f","arguments":{"a":"}\"{"}}"#, content: "", calls: [#"f {"a":"}\"{"}"#]),
        Case(text: #"{"arguments": {"a": [1, {"b": 2}]}, "name": "f"}"#, content: "", calls: [#"f {"a": [1, {"b": 2}]}"#]),
        Case(text: #"{"name": "f"}"#, content: "", calls: ["f {}"]),
        Case(text: #"{"name": "f", "parameters": {}}"#, content: "", calls: ["f {}"]),
        Case(text: #"{"name": "f", "arguments": "{\"a\": 1}"}"#, content: "", calls: [#"f {"a": 1}"#]),
        Case(
            text: #"{"type": "function", "function": {"name": "f", "arguments": {"a": 1}}}"#, content: "",
            calls: [#"f {"a": 1}"#]),
        Case(
            text: "Let me look.\n```json\n{\"name\": \"f\", \"arguments\": {}}\n```\nThere.", content: "Let me look.\n",
            calls: ["f {}"], isDone: true),
        Case(
            text: "<tool_call>\n{\"name\": \"f\", \"arguments\": {}}\n</tool_call>\n<tool_call>{\"name\":\"g\"}</tool_call>",
            content: "", calls: ["f {}", "g {}"]),
        Case(
            text: #"[{"name": "f", "arguments": {"a": 1}}, {"name": "g", "arguments": {}}]"#, content: "",
            calls: [#"f {"a": 1}"#, "g {}"]),
        Case(
            text: "**Tool Call:**\n```json\n{\"name\": \"f\"}\n```\n```json\n{\"name\": \"g\"}\n```", content: "",
            calls: ["f {}", "g {}"]),
        Case(text: #"{"name": "unknown", "arguments": {}}"#, content: #"{"name": "unknown", "arguments": {}}"#, calls: []),
        Case(text: #"{"answer": 42}"#, content: #"{"answer": 42}"#, calls: []),
        Case(text: "[1, 2] and {3}", content: "[1, 2] and {3}", calls: []),
        Case(text: "```python\nprint({})\n```", content: "```python\nprint({})\n```", calls: []),
        Case(text: "a < b, `c`, ``d``, *e*", content: "a < b, `c`, ``d``, *e*", calls: []),
        Case(text: "I see {\"name\": \"f\"}", content: "I see {\"name\": \"f\"}", calls: []),
        Case(text: #"{"name": "f", "argum"#, content: #"{"name": "f", "argum"#, calls: []),
        Case(text: #"{"name": "f", "arguments": {"a"#, content: "", calls: [#"f {"a"#]),
        Case(text: #"{"name": "f", "arguments": null}"#, content: "", calls: ["f {}"]),
        Case(text: #"{"name": "f", "arguments": 5}"#, content: #"{"name": "f", "arguments": 5}"#, calls: []),
        Case(text: #"{"name": "f", "city": "Ulm"}"#, content: #"{"name": "f", "city": "Ulm"}"#, calls: []),
        Case(text: #"<<tool_call>{"name": "f"}</tool_call>"#, content: "<", calls: ["f {}"]),
        Case(text: #"[{"name": "f"}, {"na"#, content: "", calls: ["f {}"]),
        Case(text: #"{"na"#, content: #"{"na"#, calls: []),
        Case(text: "", content: "", calls: []),
    ]

    private func tools(several: Bool = true) -> ToolSet {
        ToolSet(
            tools: ["f", "g"].map { Tool(name: $0, description: "", parameters: ["type": "object"]) },
            allowsSeveral: several)
    }

    private func read(_ pieces: [String], several: Bool = true) -> (content: String, calls: [String], isDone: Bool) {
        var reader = ToolCallReader(tools(several: several)), answer = AnswerDelta()
        for piece in pieces {
            let (text, calls) = reader.append(piece)
            answer.append(AnswerDelta(content: text, calls: calls))
        }
        answer.content += reader.flush()
        return (answer.content, answer.calls.map { "\($0.name ?? "") \($0.arguments)" }, reader.isDone)
    }

    @Test("calls come out as calls, and everything else as text", arguments: cases)
    func whole(test: Case) {
        let found = read([test.text])
        #expect(found.content == test.content)
        #expect(found.calls == test.calls)
        #expect(found.isDone == test.isDone)
    }

    @Test("the same comes out wherever the pieces end", arguments: cases)
    func pieces(test: Case) {
        let whole = read([test.text]), scalars = Array(test.text.unicodeScalars)
        func text(_ part: ArraySlice<Unicode.Scalar>) -> String {
            var text = ""
            text.unicodeScalars.append(contentsOf: part)
            return text
        }
        for cut in 0...scalars.count {
            let found = read([text(scalars[..<cut]), text(scalars[cut...])])
            #expect(found.content == whole.content && found.calls == whole.calls, "cut at \(cut)")
        }
        let single = read(scalars.map { String($0) })
        #expect(single.content == whole.content && single.calls == whole.calls)
    }

    @Test("arguments are told while they are written")
    func streamed() {
        var reader = ToolCallReader(tools())
        #expect(reader.append(#"{"name": "f", "arguments": {"te"#).calls.map(\.arguments) == [#"{"te"#])
        #expect(reader.append(#"xt": "abc"#).calls.map(\.arguments) == [#"xt": "abc"#])
        #expect(reader.append(#"d"}"#).calls.map(\.arguments) == [#"d"}"#])
        #expect(reader.append("}").calls.isEmpty)
    }

    @Test("where one call is allowed, the answer is complete after it")
    func single() {
        let found = read([#"[{"name": "f"}, {"name": "g"}]"#], several: false)
        #expect(found.calls == ["f {}"] && found.isDone)
    }
}
