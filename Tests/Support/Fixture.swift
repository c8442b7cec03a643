package import Foundation

/// Files that tests read: small ones of our own under `Tests/Fixtures`, and ones that may be absent.
package enum Fixture {
    /// The project's own folder.
    package static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The path of a file below `Tests/Fixtures`.
    package static func path(_ name: String) -> String {
        root.appending(path: "Tests/Fixtures/\(name)").path(percentEncoded: false)
    }

    package static func data(_ name: String) throws -> Data {
        try Data(contentsOf: URL(filePath: path(name)))
    }

    /// A vocabulary that is other people's and so not in the project, or nil; a test without it skips. Tests/README.md says
    /// where the two are from.
    package static func vocabulary(_ name: String) -> String? {
        let path = root.appending(path: ".build/vocabularies/\(name)").path(percentEncoded: false)
        return FileManager.default.fileExists(atPath: path) ? path : nil
    }
}
