import Foundation

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What lies in a folder, links not followed.
package struct FolderEntry: Sendable {
    package enum Kind: Sendable {
        case file, folder, link
        /// A pipe, a socket or a device.
        case other
    }

    package let name: String
    package let kind: Kind
    package let byteCount: Int
    package let modified: FileTime
    /// Whether it belongs to the user that this program runs as.
    package let isOwn: Bool

    /// Of a path; nil where there is nothing.
    package init?(_ path: String) {
        var status = stat()
        guard !path.utf8.contains(0), unsafe lstat(path, &status) == 0 else { return nil }
        name = (path as NSString).lastPathComponent
        kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .folder
            case S_IFLNK: .link
            default: .other
            }
        byteCount = Int(status.st_size)
        modified = FileTime(status)
        isOwn = status.st_uid == geteuid()
    }

    /// Of everything in a folder, in no order; nothing where it cannot be read.
    package static func all(in folder: String) -> [FolderEntry] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.compactMap { FolderEntry("\(folder)/\($0)") }
    }
}

/// When a file was changed.
package struct FileTime: Sendable, Comparable {
    /// Since 1970.
    package let seconds: Int
    let nanoseconds: Int

    init(_ status: stat) {
        #if canImport(Glibc)
            seconds = status.st_mtim.tv_sec
            nanoseconds = status.st_mtim.tv_nsec
        #else
            seconds = status.st_mtimespec.tv_sec
            nanoseconds = status.st_mtimespec.tv_nsec
        #endif
    }

    package static func < (left: FileTime, right: FileTime) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }
}
