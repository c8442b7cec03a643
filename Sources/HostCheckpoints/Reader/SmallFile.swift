import Foundation
package import HostCore

/// Configuration files beside weights, read whole.
package enum SmallFile {
    /// More than any configuration has.
    package static let maximumSize = 1 << 20

    /// The bytes of a plain file of at most `maximumSize`; a pipe or a device would never end.
    ///
    /// - Throws: `LoadError.missingFile`, or `.unreadable` for what is no plain file or too large.
    package static func read(_ path: String) throws(LoadError) -> [UInt8] {
        let url = URL(filePath: path).resolvingSymlinksInPath()
        guard let values = try? url.resourceValues(forKeys: [.isRegularFileKey, .fileSizeKey]) else {
            throw LoadError(.missingFile, path, "is not there")
        }
        guard values.isRegularFile == true, let size = values.fileSize, size <= maximumSize else {
            throw LoadError(.unreadable, path, "is no plain file of at most \(maximumSize) bytes")
        }
        do {
            let handle = try FileHandle(forReadingFrom: url)
            defer { try? handle.close() }
            return [UInt8](try handle.read(upToCount: maximumSize) ?? Data())
        } catch {
            throw LoadError(.unreadable, path, "cannot be read: \(error.localizedDescription)")
        }
    }
}

extension ModelSource {
    package var isFolder: Bool {
        (try? URL(filePath: path).resourceValues(forKeys: [.isDirectoryKey]).isDirectory) ?? false
    }
}
