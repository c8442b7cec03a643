#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What the system knows of a file without reading it; equal as long as it was neither written nor replaced.
package struct FileFacts: Hashable, Sendable {
    package enum Kind: Sendable {
        case file, folder
        /// Only where links are not followed.
        case link
        /// A pipe, a socket or a device.
        case other
    }

    package let kind: Kind
    package let byteCount: Int
    package let modified: FileTime
    /// Also moves when the time of writing is set back.
    private let changed: FileTime
    private let device: UInt64
    private let node: UInt64
    private let owner: UInt32

    /// Whether it belongs to the user that this program runs as.
    package var isOwn: Bool { owner == geteuid() }

    /// Whether it was written in the last seconds, so that its writer may still be at work.
    package var isFresh: Bool { (0...3).contains(time(nil) - modified.seconds) }

    /// Nil where nothing can be seen.
    ///
    /// - Parameter followsLinks: whether a link stands for what it leads to.
    package init?(path: String, followsLinks: Bool = true) {
        guard !path.utf8.contains(0) else { return nil }
        var status = stat()
        let result = unsafe followsLinks ? stat(path, &status) : lstat(path, &status)
        guard result == 0 else { return nil }
        self.init(status)
    }

    /// Of an open file; nil when the system does not say.
    package init?(descriptor: CInt) {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { return nil }
        self.init(status)
    }

    private init(_ status: stat) {
        kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .folder
            case S_IFLNK: .link
            default: .other
            }
        byteCount = Int(status.st_size)
        #if canImport(Glibc)
            (modified, changed) = (FileTime(status.st_mtim), FileTime(status.st_ctim))
        #else
            (modified, changed) = (FileTime(status.st_mtimespec), FileTime(status.st_ctimespec))
        #endif
        device = UInt64(truncatingIfNeeded: status.st_dev)
        node = UInt64(status.st_ino)
        owner = status.st_uid
    }
}

/// When a file was changed.
package struct FileTime: Hashable, Comparable, Sendable {
    /// Since 1970.
    package let seconds: Int
    let nanoseconds: Int

    fileprivate init(_ time: timespec) { (seconds, nanoseconds) = (time.tv_sec, time.tv_nsec) }

    package static func < (left: FileTime, right: FileTime) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }
}
