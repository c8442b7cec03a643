import Foundation
import HostCore
import Support
import Testing

@Suite("Conversations on the terminal")
struct ChatCommandTests {
    private static let models = Fixture.root.appending(path: "models").path(percentEncoded: false)
    private static let question = "How do I add my own model?"

    @Test("generate --chat writes the answer that the API gives, and nothing of the prompt")
    func generate() async throws {
        let outcome = try await Program.run(
            ["generate", "--chat", "--model-dir", Self.models, "--prompt", Self.question, "--temperature", "0", "--cpu"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output.contains("models"), "\(outcome.output)")
        #expect(!outcome.output.contains("User:") && !outcome.output.contains("Assistant:") && !outcome.output.hasPrefix(" "))
    }

    @Test("a chat goes line by line, and is kept and gone on with")
    func chat() async throws {
        let folder = try TemporaryFolder()
        let lines = [Self.question, "/regenerate", "/save talk.json", "/nothing", "/new", "/load talk.json", "/switch nowhere", "/quit", "never"]
        let outcome = try await Program.run(
            ["chat", "--model-dir", Self.models, "--temperature", "0", "--cpu"], folder: folder,
            input: lines.joined(separator: "\n") + "\n")
        #expect(outcome.status == 0, "\(outcome.errors)")
        let answers = outcome.output.split(separator: "\n", omittingEmptySubsequences: true)
        #expect(answers.count >= 2 && answers.first == answers.dropFirst(answers.count / 2).first, "\(outcome.output)")
        #expect(outcome.errors.contains("/nothing is not a command") && outcome.errors.contains("nowhere"))
        let file = try JSONValue(parsing: String(contentsOf: folder.url.appending(path: "talk.json"), encoding: .utf8))
        let messages = try #require(file["messages"]?.arrayValue)
        #expect(messages.map { $0["role"] } == ["user", "assistant"])
        #expect(messages[0]["content"]?.stringValue == Self.question)
        #expect(outcome.errors.contains("2 messages"))
    }
}
