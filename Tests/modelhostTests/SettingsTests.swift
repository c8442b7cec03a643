import Foundation
import HostCore
import Support
import Testing

@testable import modelhost

@Suite("Settings")
struct SettingsTests {
    static func settings(_ json: String, _ arguments: [String] = []) throws -> Settings {
        let folder = try TemporaryFolder()
        let file = try folder.write("settings.json", json.utf8)
        return try Settings(arguments: ParsedArguments(arguments), file: file)
    }

    @Test("flags win over the file, the file over nothing")
    func layers() throws {
        let settings = try Self.settings(
            #"{"listen_port": 8000, "model": "a", "listen": true}"#, ["--model", "b"])
        #expect(settings.integer("listen-port") == 8000)
        #expect(settings.text("model") == "b")
        #expect(settings.isOn("listen") && !settings.isOn("api"))
        #expect(settings.number("temperature") == nil)
    }

    @Test("an unknown key is named in a warning and changes nothing")
    func unknownKey() throws {
        let settings = try Self.settings(#"{"dark_theme": true, "verbose": null}"#)
        #expect(settings.warnings.count == 1)
        #expect(settings.warnings.first?.contains("dark_theme") == true)
    }

    @Test(
        "a broken file is refused with its line or key",
        arguments: [
            ("{\n\"listen\": tru}", "line 2"), ("[]", "an array"), (#"{"threads": "4"}"#, "threads"),
            (#"{"listen": 1}"#, "listen"), (#"{"listen-port": 70000}"#, "65535"), ("\u{FEFF}{}", "byte order mark"),
        ])
    func broken(json: String, words: String) {
        let error = #expect(throws: SettingsError.self) { try Self.settings(json) }
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    }

    @Test("a key with the name of an extension that is switched on is its parameter, any other is unknown")
    func extensionParameters() throws {
        let json = #"{"extensions": ["a", "a-b"], "a-x": 1, "a-b-c": "deep", "z-x": 2}"#
        let settings = try Self.settings(json)
        #expect(settings.extensionParameters == ["a": ["x": 1], "a-b": ["c": "deep"]])
        #expect(settings.warnings.count == 1 && settings.warnings[0].contains("z-x"))
        #expect(try Self.settings(#"{"a-x": 1}"#, ["--extensions", "a"]).extensionParameters == ["a": ["x": 1]])
    }

    @Test("a file that is not there is refused by name")
    func missing() {
        #expect(throws: SettingsError.self) { try Settings(arguments: ParsedArguments([]), file: "/no/such/file") }
    }
}
