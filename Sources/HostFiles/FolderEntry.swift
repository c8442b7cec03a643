import Foundation

/// What lies in a folder, links not followed.
package struct FolderEntry: Sendable {
    package let name: String
    private let facts: FileFacts

    package var kind: FileFacts.Kind { facts.kind }
    package var byteCount: Int { facts.byteCount }
    package var modified: FileTime { facts.modified }
    /// Whether it belongs to the user that this program runs as.
    package var isOwn: Bool { facts.isOwn }

    /// Of a path; nil where there is nothing.
    package init?(_ path: String) {
        guard let facts = FileFacts(path: path, followsLinks: false) else { return nil }
        name = (path as NSString).lastPathComponent
        self.facts = facts
    }

    /// Of everything in a folder, in no order; nothing where it cannot be read.
    package static func all(in folder: String) -> [FolderEntry] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.compactMap { FolderEntry("\(folder)/\($0)") }
    }
}
