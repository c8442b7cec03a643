#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A file that is being written: private, locked, and gone with this value unless it was moved.
struct TemporaryFile: ~Copyable {
    private static let prefix = ".modelhost-"
    private static let suffix = ".part"
    private static let digitCount = 16
    /// A leftover is removed after this long where the system has no locks, as on some network disks.
    private static let patience = 3600

    private let path: String
    private let subject: String
    private let descriptor: CInt

    /// - Parameter subject: what messages call the file that it is to become.
    init(in folder: String, subject: String) throws(FileError) {
        self.subject = subject
        // Another process that clears up may have taken the file for a leftover before its lock was set.
        for _ in 0..<8 {
            let digits = String(UInt64.random(in: 0...UInt64.max), radix: 16)
            let padding = String(repeating: "0", count: Self.digitCount - digits.count)
            let path = "\(folder)/\(Self.prefix)\(padding)\(digits)\(Self.suffix)"
            let opened = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
            guard opened >= 0 else {
                if errno == EEXIST { continue }
                throw Self.failure(subject, errno)
            }
            // Without locks, leftovers are not cleared up by them either.
            let isLocked = flock(opened, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK
            var status = stat()
            if isLocked, unsafe fstat(opened, &status) == 0, status.st_nlink > 0 {
                self.path = path
                descriptor = opened
                return
            }
            close(opened)
        }
        throw FileError(.failed, subject, "cannot be written: temporary files vanish from its folder")
    }

    deinit {
        // After a move there is nothing of this name.
        unsafe unlink(path)
        close(descriptor)
    }

    /// Puts all bytes on the disk.
    borrowing func fill(_ bytes: [UInt8], permissions: Int) throws(FileError) {
        var start = 0
        while start < bytes.count {
            let written = unsafe bytes.withUnsafeBytes { rest in
                unsafe write(descriptor, rest.baseAddress?.advanced(by: start), rest.count - start)
            }
            if written < 0, errno != EINTR { throw Self.failure(subject, errno) }
            start += max(0, written)
        }
        guard fchmod(descriptor, mode_t(permissions)) == 0, fsync(descriptor) == 0 else {
            throw Self.failure(subject, errno)
        }
    }

    borrowing func move(to target: String) throws(FileError) {
        guard unsafe rename(path, target) == 0 else { throw Self.failure(subject, errno) }
    }

    static func isName(_ name: String) -> Bool {
        guard name.hasPrefix(prefix), name.hasSuffix(suffix) else { return false }
        let digits = name.utf8.dropFirst(prefix.utf8.count).dropLast(suffix.utf8.count)
        return digits.count == digitCount
            && digits.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    /// Removes a leftover; a file that a process still writes is left to it.
    static func removeUnlessHeld(_ path: String) {
        let opened = unsafe open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC)
        guard opened >= 0 else { return }
        defer { close(opened) }
        if flock(opened, LOCK_EX | LOCK_NB) != 0 {
            guard errno != EWOULDBLOCK, let facts = FileFacts(descriptor: opened) else { return }
            guard facts.modified.seconds + patience < time(nil) else { return }
        }
        unsafe unlink(path)
    }

    private static func failure(_ subject: String, _ code: CInt) -> FileError { FileError(subject, code: code, "written") }
}
