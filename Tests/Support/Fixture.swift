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

    /// A tokenizer file that is somebody else's and so not in the project, or nil; a test without it skips.
    package static func sharedTokenizer(_ name: String) -> String? {
        let path = root.deletingLastPathComponent().appending(path: "shared/reference/tokenizers/\(name)")
            .path(percentEncoded: false)
        return FileManager.default.fileExists(atPath: path) ? path : nil
    }
}
