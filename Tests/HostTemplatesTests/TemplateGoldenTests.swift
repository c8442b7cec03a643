import Foundation
import HostCore
import HostTemplates
import Support
import Testing

/// One template and what Jinja2 makes of it; `generate.py` beside the fixture writes them.
struct TemplateCase: Sendable, CustomTestStringConvertible {
    let name: String
    let source: String
    /// Nil where Jinja2 fails too.
    let output: String?

    var testDescription: String { name }

    static let file = try? JSONValue(parsing: [UInt8](Fixture.data("templates/templates-golden.json")))

    static let all: [TemplateCase] = (file?["cases"]?.arrayValue ?? []).map {
        TemplateCase(
            name: $0["name"]?.stringValue ?? "", source: $0["source"]?.stringValue ?? "",
            output: $0["output"]?.stringValue)
    }

    static var context: [String: JSONValue] {
        var context: [String: JSONValue] = [:]
        for (key, value) in file?["context"]?.objectValue?.members ?? [] { context[key] = value }
        return context
    }

    static let now =
        Calendar(identifier: .gregorian).date(
            from: DateComponents(year: 2024, month: 7, day: 9, hour: 5, minute: 4, second: 3)) ?? Date()
}

@Suite("Chat templates against Jinja2")
struct TemplateGoldenTests {
    @Test("The fixture is there") func fixture() { #expect(TemplateCase.all.count >= 90) }

    @Test("The text is Jinja2's, byte for byte", arguments: TemplateCase.all.filter { $0.output != nil })
    func renders(_ item: TemplateCase) throws {
        let text = try ChatTemplate(source: item.source).render(context: TemplateCase.context, now: TemplateCase.now)
        #expect(Array(text.utf8) == Array((item.output ?? "").utf8), "\(text)\n--- expected\n\(item.output ?? "")")
    }

    @Test("What fails there fails here, with a place", arguments: TemplateCase.all.filter { $0.output == nil })
    func fails(_ item: TemplateCase) throws {
        let error = try #require(throws: TemplateError.self) {
            try ChatTemplate(source: item.source).render(context: TemplateCase.context, now: TemplateCase.now)
        }
        #expect(error.position.line >= 1 && error.position.column >= 1)
        #expect(!error.problem.isEmpty)
    }
}
