import HostCore

/// The files of a repository at one commit.
package struct RepositoryListing: Sendable, Equatable {
    package let repository: RepositoryName
    /// What branch or tag stood for; files are asked for by it, so that all are of one state.
    package let commit: String
    /// Without hidden ones, in the hub's order.
    package let files: [RemoteFile]

    /// Longer answers are not read.
    static let maximumBytes = 16 << 20
    private static let mostFiles = 20_000
    private static let largestFile = 1 << 46

    /// - Parameter bytes: the hub's answer on `/api/models/NAME/revision/REVISION?blobs=true`.
    /// - Throws: `HubError.badAnswer` for anything but the description of a repository: a list that names one file that
    ///   no repository can hold is not trusted in the rest.
    init(_ bytes: [UInt8], of repository: RepositoryName) throws(HubError) {
        func refused(_ problem: String) -> HubError {
            HubError(.badAnswer, repository.description, "the hub's list of files \(problem)")
        }
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue(parsing: bytes)
        } catch {
            throw refused("is not valid JSON: \(error)")
        }
        guard let commit = value["sha"]?.stringValue, Hexadecimal.isDigest(commit, byteCounts: [20, 32]) else {
            throw refused("names no commit")
        }
        guard let entries = value["siblings"]?.arrayValue else { throw refused("has no files") }
        guard entries.count <= RepositoryListing.mostFiles else {
            throw refused("names \(entries.count) files; at most \(RepositoryListing.mostFiles) are read")
        }
        var files: [RemoteFile] = []
        var names: Set<String> = []
        for entry in entries {
            guard let path = entry["rfilename"]?.stringValue else { throw refused("has a file without a name") }
            switch RemotePath.fault(of: path) {
            case .hostile(let words): throw refused("has a name that \(words): \"\(path.shown)\"")
            case .hidden: continue
            case nil: break
            }
            // Without regard to case, as some file systems have it.
            guard names.insert(path.lowercased()).inserted else { throw refused("names \(path.shown) twice") }
            files.append(try RepositoryListing.file(path, entry, refused))
        }
        self.repository = repository
        self.commit = commit
        self.files = files
    }

    private static func file(
        _ path: String, _ entry: JSONValue, _ refused: (String) -> HubError
    ) throws(HubError) -> RemoteFile {
        let large = entry["lfs"]?.present
        guard let byteCount = (large?["size"] ?? entry["size"])?.intValue else {
            throw refused("does not state the size of \(path)")
        }
        guard (0...largestFile).contains(byteCount) else { throw refused("has a size of \(byteCount) bytes for \(path)") }
        if let large {
            // Older hubs write the name of the object, `sha256:` in front.
            let written = (large["sha256"] ?? large["oid"])?.stringValue ?? ""
            let digest = written.hasPrefix("sha256:") ? String(written.dropFirst(7)) : written
            guard Hexadecimal.isDigest(digest, byteCounts: [32]) else { throw refused("has no SHA-256 for \(path)") }
            return RemoteFile(path: path, byteCount: byteCount, sum: .sha256(digest.lowercased()))
        }
        guard let blob = entry["blobId"]?.present?.stringValue else {
            return RemoteFile(path: path, byteCount: byteCount, sum: .unknown)
        }
        guard Hexadecimal.isDigest(blob, byteCounts: [20]) else {
            throw refused("has \"\(blob.shown)\" for the checksum of \(path)")
        }
        return RemoteFile(path: path, byteCount: byteCount, sum: .gitBlob(blob.lowercased()))
    }
}

private enum Hexadecimal {
    static func isDigest(_ text: String, byteCounts: [Int]) -> Bool {
        byteCounts.contains { text.utf8.count == 2 * $0 }
            && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0 | 0x20) }
    }
}
