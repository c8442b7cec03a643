#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What the system knows of a file without opening it; equal as long as nobody has written it or put another in its place.
struct FileFacts: Hashable, Sendable {
    let kind: PathKind?
    let size: Int64
    private let device: UInt64
    private let node: UInt64
    private let written: TimeStamp
    /// Also moves when the time of writing is set back.
    private let changed: TimeStamp

    /// Whether it was written in the last seconds, so that somebody may still be at it.
    var isFresh: Bool { (0...3).contains(time(nil) - written.seconds) }

    private struct TimeStamp: Hashable {
        let seconds: Int
        let nanoseconds: Int
    }

    /// Nil where nothing can be seen.
    ///
    /// - Parameter followsLinks: whether a link stands for what it leads to.
    init?(path: String, followsLinks: Bool = true) {
        guard !path.utf8.contains(0) else { return nil }
        var status = stat()
        let result = unsafe followsLinks ? stat(path, &status) : lstat(path, &status)
        guard result == 0 else { return nil }
        switch status.st_mode & S_IFMT {
        case S_IFREG: kind = .file
        case S_IFDIR: kind = .folder
        case S_IFLNK: kind = .link
        default: kind = nil
        }
        size = Int64(status.st_size)
        device = UInt64(truncatingIfNeeded: status.st_dev)
        node = UInt64(status.st_ino)
        #if canImport(Glibc)
            let (written, changed) = (status.st_mtim, status.st_ctim)
        #else
            let (written, changed) = (status.st_mtimespec, status.st_ctimespec)
        #endif
        self.written = TimeStamp(seconds: written.tv_sec, nanoseconds: written.tv_nsec)
        self.changed = TimeStamp(seconds: changed.tv_sec, nanoseconds: changed.tv_nsec)
    }
}

/// What stands at a path; other kinds are pipes, sockets and devices.
enum PathKind: Sendable {
    case file, folder
    /// Only where links are not followed.
    case link

    /// Links followed; nil for other kinds, and where nothing can be seen.
    init?(path: String) {
        guard let kind = FileFacts(path: path)?.kind else { return nil }
        self = kind
    }
}
