import Foundation
import HostCore
import Support
import Testing

@testable import modelhost

@Suite("Logins as settings")
struct LoginSettingsTests {
    private static func logins(_ arguments: String...) throws -> LoginSettings {
        try LoginSettings(Settings(arguments: ParsedArguments(arguments), file: nil))
    }

    @Test("logins come from the flag, with commas or apart, and from a file, with commas or one a line")
    func pairs() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("logins", "bob:pass:word,\n zoe:x \r\n\n".utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        #expect(try Self.logins().pairs.isEmpty)
        #expect(try Self.logins("--gradio-auth", "ann:secret,ben:y", "carl:z").pairs == ["ann:secret", "ben:y", "carl:z"])
        let both = try Self.logins("--gradio-auth", "ann:secret", "--gradio-auth-path", path)
        #expect(both.pairs == ["ann:secret", "bob:pass:word", "zoe:x"] && both.warnings.isEmpty)
    }

    @Test(
        "a login without a name or a password is refused by its number, not by what it holds",
        arguments: [
            "ann", "ann:", ":secret", "ann:ok,secret",
        ])
    func broken(text: String) throws {
        let error = #expect(throws: SettingsError.self) { try Self.logins("--gradio-auth", text) }
        #expect(error?.description.contains("is not USER:PASSWORD") == true)
        #expect(error?.description.contains("secret") == false && error?.description.contains("ann") == false)
    }

    @Test("a file that others may read is warned about; an empty one, and one that is not there, are refused")
    func files() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("logins", "ann:secret".utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        let warnings = try Self.logins("--gradio-auth-path", path).warnings
        #expect(warnings.count == 1 && warnings[0].contains("passwords") && !warnings[0].contains("secret"))
        let empty = try folder.write("empty", "\n".utf8)
        #expect(throws: SettingsError.self) { try Self.logins("--gradio-auth-path", empty) }
        #expect(throws: SettingsError.self) { try Self.logins("--gradio-auth-path", folder.path + "/none") }
    }
}
