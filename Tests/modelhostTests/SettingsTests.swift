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
        #expect(settings.number("temperature") == 0.8 && !settings.isGiven("temperature"))
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
            (#"{"listen": 1}"#, "listen"), (#"{"listen-port": 70000}"#, "65535"),
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

    static func keys(_ arguments: [String], json: String? = nil, environment: [String: String] = [:]) throws -> AccessKeySettings {
        let folder = try TemporaryFolder()
        let file = try json.map { try folder.write("settings.json", $0.utf8) }
        return try AccessKeySettings(
            Settings(arguments: ParsedArguments(arguments), file: file), environment: environment)
    }

    /// A file of a key; the folder lasts as long as the test holds it.
    static func keyFile(_ bytes: String, _ permissions: Int = 0o600, in folder: TemporaryFolder) throws -> String {
        let path = try folder.write("key", bytes.utf8)
        try FileManager.default.setAttributes([.posixPermissions: permissions], ofItemAtPath: path)
        return path
    }

    @Test("a key comes from its file without the line's end", arguments: ["s3cret", "s3cret\n", "s3cret\r\n"])
    func keyFile(content: String) throws {
        let folder = try TemporaryFolder()
        let path = try Self.keyFile(content, in: folder)
        let keys = try Self.keys(["--api-key-file", path], json: #"{"admin-key": "a"}"#, environment: ["MODELHOST_API_KEY": "e"])
        #expect(keys.api == "s3cret" && keys.admin == "a" && keys.warnings.isEmpty)
    }

    @Test("a flag's key takes the place of the settings', in either form; the environment comes last")
    func keyOrder() throws {
        let folder = try TemporaryFolder()
        let path = try Self.keyFile("f", in: folder)
        #expect(try Self.keys(["--api-key", "c"], json: #"{"api_key_file": "\#(path)"}"#).api == "c")
        #expect(try Self.keys(["--api-key-file", path], json: #"{"api-key": "s"}"#).api == "f")
        #expect(try Self.keys([], json: #"{"admin_key_file": "\#(path)"}"#).admin == "f")
        #expect(try Self.keys([], environment: ["MODELHOST_API_KEY": "e", "MODELHOST_ADMIN_KEY": ""]).api == "e")
        #expect(try Self.keys([], environment: ["MODELHOST_ADMIN_KEY": ""]).admin == nil)
        #expect(throws: SettingsError.self) { try Self.keys(["--api-key", "c", "--api-key-file", path]) }
        // An unset variable in a script would lock everybody out.
        #expect(throws: SettingsError.self) { try Self.keys(["--api-key", ""]) }
        #expect(throws: SettingsError.self) { try Self.keys([], json: #"{"admin-key": "s", "admin-key-file": "x"}"#) }
    }

    @Test("a key file that is empty, of several lines, too large or not a file is refused by name", .timeLimit(.minutes(10)))
    func badKeyFiles() throws {
        let folder = try TemporaryFolder()
        try #require(unsafe mkfifo(folder.path + "/pipe", 0o600) == 0)
        let paths = try ["", "\n", "a\nb", String(repeating: "x", count: 5000)].enumerated().map { number, text in
            try folder.write("key\(number)", text.utf8)
        }
        for path in paths + [folder.path + "/pipe", "/dev/zero", "/no/such"] {
            let error = #expect(throws: SettingsError.self) { try Self.keys(["--api-key-file", path]) }
            #expect(error?.description.contains("api-key-file \(path)") == true)
        }
    }

    @Test("one warning names a file of keys that others may read, and what to do", arguments: [0o644, 0o640, 0o604])
    func keyWarnings(permissions: Int) throws {
        let folder = try TemporaryFolder()
        let path = try Self.keyFile("s3cret", permissions, in: folder)
        let warnings = try Self.keys(["--admin-key-file", path]).warnings
        #expect(warnings.count == 1 && warnings[0].contains("chmod 600 \(path)") && !warnings[0].contains("s3cret"))
        let file = try folder.write("settings.json", #"{"api-key": "s3cret", "admin-key": "t"}"#.utf8)
        try FileManager.default.setAttributes([.posixPermissions: permissions], ofItemAtPath: file)
        let settings = try Settings(arguments: ParsedArguments([]), file: file)
        #expect(settings.warnings.count == 1 && settings.warnings[0].contains("api-key and admin-key"))
        #expect(settings.warnings[0].contains("chmod 600 \(file)") && !settings.warnings[0].contains("s3cret"))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
        #expect(try Settings(arguments: ParsedArguments([]), file: file).warnings.isEmpty)
    }

    @Test("settings are read from files only, and of a bounded size", .timeLimit(.minutes(10)))
    func special() throws {
        let folder = try TemporaryFolder()
        try #require(unsafe mkfifo(folder.path + "/pipe", 0o600) == 0)
        try folder.write("large", [])
        try #require(unsafe truncate(folder.path + "/large", 4 << 30) == 0)
        for (path, words) in [("/dev/zero", "a device"), (folder.path + "/pipe", "a pipe"), (folder.path + "/large", "at most 1048576")] {
            let error = #expect(throws: SettingsError.self) { try Settings(arguments: ParsedArguments([]), file: path) }
            #expect(error?.subject == path && error?.problem.contains(words) == true)
        }
    }
}
