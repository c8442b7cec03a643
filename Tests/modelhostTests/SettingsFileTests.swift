import Foundation
import HostCore
import HostServer
import Support
import Testing

@testable import modelhost

@Suite("The settings file over the API")
struct SettingsFileTests {
    static func store(_ file: String, _ text: String, flags: [String] = []) throws -> (SettingsFile, TemporaryFolder, String) {
        let folder = try TemporaryFolder()
        let path = try folder.write(file, text.utf8)
        let settings = try Settings(arguments: ParsedArguments(flags), file: path)
        return (SettingsFile(settings, path: path), folder, path)
    }

    @Test("what holds and what the file says are told apart, and secrets are not told")
    func report() throws {
        let (store, folder, _) = try Self.store("settings.json", #"{"top_p": 0.5, "api-key": "s"}"#, flags: ["--top-p", "0.7"])
        defer { withExtendedLifetime(folder) {} }
        let report = try store.report()
        #expect(report.effective == JSONObject([("api-key", "(set)"), ("top-p", 0.7)]))
        #expect(report.file == JSONObject([("top_p", 0.5), ("api-key", "(set)")]))
    }

    @Test("an edit changes the keys it names, in whatever spelling, and the revision", arguments: ["settings.json", "settings.yaml"])
    func edit(file: String) throws {
        let (store, folder, path) = try Self.store(file, #"{"top_p": 0.5, "api-key": "s", "parallel": 4}"#)
        defer { withExtendedLifetime(folder) {} }
        let revision = try store.report().revision
        let report = try store.edit(JSONObject([("top-p", 0.25), ("parallel", nil), ("model", "demo")]), revision: revision)
        #expect(report.file == JSONObject([("api-key", "(set)"), ("top-p", 0.25), ("model", "demo")]))
        #expect(report.revision != revision)
        let settings = try Settings(arguments: ParsedArguments([]), file: path)
        #expect(settings.number("top-p") == 0.25 && settings.text("api-key") == "s" && !settings.isGiven("parallel"))
        #expect(throws: SettingsEditError.stale(report.revision)) { try store.edit(JSONObject([("top-p", 1)]), revision: revision) }
    }

    static let refusals: [(String, JSONValue, String)] = [
        ("top-p", 5, "a number from"), ("nothing", 1, "unknown"), ("api-key", "x", "who gets in"), ("extensions", ["x"], "what code runs"),
        ("listen", true, "who gets in"), ("model-dir", "/", "where files lie"), ("seed", 1, "unknown"),
    ]

    @Test("of several changes one that cannot be leaves the file as it was", arguments: refusals)
    func refused(key: String, value: JSONValue, words: String) throws {
        let (store, folder, path) = try Self.store("settings.json", #"{"top-p": 0.5}"#)
        defer { withExtendedLifetime(folder) {} }
        let error = #expect(throws: SettingsEditError.self) {
            try store.edit(JSONObject([("top-p", 0.1), (key, value)]), revision: try store.report().revision)
        }
        guard case .refused(key, let problem) = error else { throw CancellationError() }
        #expect(problem.contains(words), "\(problem)")
        #expect(try String(contentsOfFile: path, encoding: .utf8) == #"{"top-p": 0.5}"#)
    }

    @Test("of edits at the same time one wins, the others are stale")
    func race() async throws {
        let (store, folder, _) = try Self.store("settings.json", "{}")
        defer { withExtendedLifetime(folder) {} }
        let revision = try store.report().revision
        let wins = await withTaskGroup(of: Bool.self) { group in
            for number in 1...8 {
                group.addTask { (try? store.edit(JSONObject([("parallel", .integer(number))]), revision: revision)) != nil }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(wins == 1)
    }

    @Test("of two settings files neither is passed over in silence; one that is named is read")
    func twoFiles() throws {
        let folder = try TemporaryFolder()
        #expect(try Settings.file(named: nil, in: folder.path) == nil)
        let yaml = try folder.write("settings.yaml", "".utf8)
        #expect(try Settings.file(named: nil, in: folder.path) == yaml)
        try folder.write("settings.json", "{}".utf8)
        #expect(throws: SettingsError.self) { try Settings.file(named: nil, in: folder.path) }
        #expect(try Settings.file(named: yaml, in: folder.path) == yaml)
    }

    @Test("an edit leaves the comments of a file in YAML where they are, or the file as it is")
    func comments() throws {
        let text = "# mine\nlisten_port: 8000 # not 80\nextensions:\n- a\n\n# how much\ntop_p: 0.5   # half\nparallel: 4\n"
        let (store, folder, path) = try Self.store("settings.yaml", text)
        defer { withExtendedLifetime(folder) {} }
        let report = try store.edit(
            JSONObject([("top-p", 0.25), ("parallel", nil), ("model", "demo")]), revision: try store.report().revision)
        #expect(report.file["top_p"] == 0.25 && report.file["parallel"] == nil && report.file["model"] == "demo")
        let kept = "# mine\nlisten_port: 8000 # not 80\nextensions:\n- a\n\n# how much\ntop_p: 0.25   # half\nmodel: demo\n"
        #expect(try String(contentsOfFile: path, encoding: .utf8) == kept)
        let braces = "{top_p: 0.5, # half\n parallel: 4}\n"
        let (other, second, file) = try Self.store("settings.yaml", braces)
        defer { withExtendedLifetime(second) {} }
        let error = #expect(throws: SettingsEditError.self) {
            try other.edit(JSONObject([("top-p", 1)]), revision: try other.report().revision)
        }
        guard case .byHand(let problem) = error else { throw CancellationError() }
        #expect(problem.contains("comments"))
        #expect(try String(contentsOfFile: file, encoding: .utf8) == braces)
    }

    @Test("a settings file in YAML says the same")
    func yaml() throws {
        let text = "# mine\nlisten_port: 8000\nextensions:\n- a\nverbose: yes\n"
        let (store, folder, path) = try Self.store("settings.yaml", text)
        defer { withExtendedLifetime(folder) {} }
        let settings = try Settings(arguments: ParsedArguments([]), file: path)
        #expect(settings.integer("listen-port") == 8000 && settings.list("extensions") == ["a"] && settings.isOn("verbose"))
        #expect(try store.edit(JSONObject([("top-p", 1)]), revision: try store.report().revision).file["top-p"] == 1)
        let broken = try folder.write("broken.yaml", "a: 1\nb".utf8)
        let error = #expect(throws: SettingsError.self) { try Settings(arguments: ParsedArguments([]), file: broken) }
        #expect(error?.subject.hasSuffix("broken.yaml, line 2") == true)
    }
}
