import HostCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A regular file that is open for reading; it is closed when this value goes.
///
/// Opening never waits. Pipes, sockets and devices are refused by what stands at the path before it is opened, and once
/// more by what was opened, should the two have been exchanged.
package struct PlainFile: ~Copyable {
    /// What messages call the file.
    private let subject: String
    /// When it was opened.
    package let byteCount: Int
    /// The permission bits, such as `0o644`.
    package let permissions: Int
    /// For as long as this value lives.
    package let descriptor: CInt

    /// Opens a path that the user named; links are followed wherever they lead.
    package init(_ path: String) throws(FileError) {
        try self.init(path, subject: path, flags: 0)
    }

    /// Opens a file of a folder; links are followed as long as they stay in it.
    ///
    /// - Parameter name: what messages call the file.
    package init(_ name: String, in folder: String) throws(FileError) {
        guard let real = RealPath.of("\(folder)/\(name)"), let root = RealPath.of(folder) else {
            throw FileError(name, code: ENOENT, "opened")
        }
        guard RealPath.isInside(real, root) else {
            throw FileError(.leadsOut, name, "is a link that leads out of its folder", advice: "Put the file itself there.")
        }
        try self.init(real, subject: name, flags: O_NOFOLLOW)
    }

    private init(_ path: String, subject: String, flags: CInt) throws(FileError) {
        var status = stat()
        guard !path.utf8.contains(0) else { throw FileError(subject, code: ENOENT, "opened") }
        guard unsafe stat(path, &status) == 0 else { throw FileError(subject, code: errno, "opened") }
        guard status.st_mode & S_IFMT == S_IFREG else { throw FileError.notAFile(subject, mode: status.st_mode) }
        let opened = unsafe open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY | flags)
        guard opened >= 0 else { throw FileError(subject, code: errno, "opened") }
        guard unsafe fstat(opened, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(opened)
            throw FileError.notAFile(subject, mode: status.st_mode)
        }
        self.subject = subject
        byteCount = Int(status.st_size)
        permissions = Int(status.st_mode & 0o7777)
        descriptor = opened
    }

    deinit { close(descriptor) }

    /// All bytes.
    ///
    /// - Throws: `FileError.tooLarge` before anything is read where there are more than `limit`, and as soon as there are
    ///   where the file grows meanwhile.
    package borrowing func bytes(atMost limit: Int) throws(FileError) -> [UInt8] {
        guard byteCount <= limit else { throw FileError.tooLarge(subject, byteCount, limit: limit) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(byteCount)
        while true {
            let piece = try self.bytes(from: bytes.count, count: min(PlainFile.pieceSize, limit + 1 - bytes.count))
            if piece.isEmpty { return bytes }
            bytes += piece
            guard bytes.count <= limit else { throw FileError.tooLarge(subject, bytes.count, limit: limit) }
        }
    }

    /// The bytes from a place on, `count` of them at most; fewer at the end of the file, none behind it.
    package borrowing func bytes(from offset: Int, count: Int) throws(FileError) -> [UInt8] {
        let descriptor = descriptor
        var failure: CInt?
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let start = unsafe buffer.baseAddress.map { unsafe UnsafeMutableRawPointer($0 + filled) }
                let got = unsafe pread(descriptor, start, count - filled, off_t(offset + filled))
                if got > 0 { filled += got }
                if got == 0 { break }
                if got < 0, errno != EINTR {
                    failure = errno
                    break
                }
            }
        }
        if let failure { throw FileError(subject, code: failure, "read") }
        return bytes
    }

    private static let pieceSize = 1 << 20

    /// All bytes of the file at a path; see `bytes(atMost:)`.
    package static func bytes(of path: String, atMost limit: Int) throws(FileError) -> [UInt8] {
        try PlainFile(path).bytes(atMost: limit)
    }
}
