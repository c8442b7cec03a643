import Foundation

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Files that hold what people wrote, for the eyes of the host's own user alone from their first byte on.
package enum PrivateFile {
    /// Replaces a file as a whole, so that half of it is never seen; makes its folder where there is none.
    ///
    /// The bytes are on the disk when this returns. Until they are all there the file goes by another name, under a lock
    /// of the system's that ends with the process: what is not held is left over, see `removeLeftovers(in:)`.
    /// - Parameter permissions: of the finished file.
    package static func write(_ bytes: [UInt8], to path: String, permissions: Int = 0o600) throws(FileError) {
        let folder = (path as NSString).deletingLastPathComponent, name = (path as NSString).lastPathComponent
        try makeFolder(folder.isEmpty ? "." : folder)
        let temporary = try TemporaryFile(in: folder.isEmpty ? "." : folder, subject: name)
        try temporary.fill(bytes, permissions: permissions)
        try temporary.move(to: path)
        FolderLock.synchronise(folder.isEmpty ? "." : folder)
    }

    /// Removes what killed processes left half written; only files of this program, named as it names them, that no
    /// process writes any more.
    package static func removeLeftovers(in folder: String) {
        for entry in FolderEntry.all(in: folder) where entry.isOwn && entry.kind == .file && isTemporary(entry.name) {
            TemporaryFile.removeUnlessHeld("\(folder)/\(entry.name)")
        }
    }

    /// Whether a file that is being written goes by such a name.
    package static func isTemporary(_ name: String) -> Bool { TemporaryFile.isName(name) }

    /// Removes a file, a link or a pipe, but never a folder; what is not there is removed already.
    package static func remove(_ path: String) throws(FileError) {
        guard unsafe unlink(path) != 0, errno != ENOENT else { return }
        throw FileError((path as NSString).lastPathComponent, code: errno, "written")
    }

    /// Makes a folder where there is none.
    package static func makeSure(ofFolder folder: String) throws(FileError) { try makeFolder(folder) }

    /// A folder that is there already keeps its permissions.
    private static func makeFolder(_ folder: String) throws(FileError) {
        guard !FileManager.default.fileExists(atPath: folder) else { return }
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw FileError(.failed, folder, "the folder cannot be made: \(error.localizedDescription)")
        }
    }
}
