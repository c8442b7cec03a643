import Foundation

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A file that is being fetched: it grows as `NAME.part`, locked, and gets its name once its bytes were found right.
///
/// What it holds stays when this value goes, so that the next try goes on from there. Folders on the way are made where
/// they are missing; a link among them, or at the file's own place, is refused.
package final class PartFile {
    package static let suffix = ".part"
    private static let pieceSize = 1 << 20

    private let subject: String
    private let name: String
    private let folder: CInt
    private let descriptor: CInt
    package private(set) var byteCount: Int

    /// - Parameters:
    ///   - path: below `root`, its parts separated by slashes and none of them `..`.
    ///   - root: a folder; it is the user's own, and links that lead to it are followed.
    /// - Throws: `FileError.busy` where another value, or another process, fetches this file.
    package init(_ path: String, in root: String) throws(FileError) {
        var parts = path.split(separator: "/").map(String.init)
        name = parts.popLast() ?? ""
        subject = path
        guard !name.isEmpty, !path.utf8.contains(0), !parts.contains(".."), name != ".." else {
            throw FileError(.leadsOut, path, "is not a path below the folder")
        }
        folder = try PartFile.openFolder(parts, in: root, subject: path)
        do throws(FileError) {
            (descriptor, byteCount) = try PartFile.openLocked(name + PartFile.suffix, in: folder, subject: path)
        } catch {
            close(folder)
            throw error
        }
    }

    deinit {
        close(descriptor)
        close(folder)
    }

    /// Adds bytes at the end.
    ///
    /// - Throws: `FileError.full` where the disk, or this user's share of it, has no room for them.
    package func append(_ bytes: [UInt8]) throws(FileError) {
        var start = 0
        while start < bytes.count {
            let written = unsafe bytes.withUnsafeBytes { rest in
                unsafe pwrite(
                    descriptor, rest.baseAddress?.advanced(by: start), rest.count - start, off_t(byteCount))
            }
            if written < 0, errno != EINTR { throw FileError(subject, code: errno, "written") }
            start += max(0, written)
            byteCount += max(0, written)
        }
    }

    /// Gives every byte that is there to `body`, piece by piece, until it says false.
    package func read(_ body: ([UInt8]) -> Bool) throws(FileError) {
        var offset = 0
        while offset < byteCount {
            let count = min(PartFile.pieceSize, byteCount - offset)
            var got = 0
            let piece = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
                got = unsafe pread(descriptor, buffer.baseAddress, count, off_t(offset))
                filled = max(0, got)
            }
            if got < 0, errno == EINTR { continue }
            guard got > 0 else { throw FileError(subject, code: got < 0 ? errno : EIO, "read") }
            guard body(piece) else { return }
            offset += got
        }
    }

    /// Forgets all bytes.
    package func restart() throws(FileError) {
        guard ftruncate(descriptor, 0) == 0 else { throw FileError(subject, code: errno, "written") }
        byteCount = 0
    }

    /// Removes the file; to be called last.
    package func discard() { unsafe unlinkat(folder, name + PartFile.suffix, 0) }

    /// Puts the file on the disk under its name; to be called last.
    ///
    /// - Throws: `FileError.exists` where something has that name by now.
    package func finish() throws(FileError) {
        guard fsync(descriptor) == 0 else { throw FileError(subject, code: errno, "written") }
        var status = stat()
        guard unsafe fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) != 0, errno == ENOENT else {
            throw FileError(.exists, subject, "is there already", advice: "Move it away first.")
        }
        guard unsafe renameat(folder, name + PartFile.suffix, folder, name) == 0 else {
            throw FileError(subject, code: errno, "written")
        }
        fsync(folder)
    }

    private static func openFolder(_ parts: [String], in root: String, subject: String) throws(FileError) -> CInt {
        do {
            try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        } catch {
            throw FileError(.failed, root, "the folder cannot be made: \(error.localizedDescription)")
        }
        var folder = unsafe open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw FileError(root, code: errno, "opened") }
        for part in parts {
            unsafe mkdirat(folder, part, 0o755)
            let next = unsafe openat(folder, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            let code = errno
            close(folder)
            guard next >= 0 else {
                guard code == ELOOP || code == ENOTDIR else { throw FileError(part, code: code, "opened") }
                throw FileError(
                    .leadsOut, part, "is a link, or is not a folder; \(subject) would be put into it",
                    advice: "Move it away first.")
            }
            folder = next
        }
        return folder
    }

    /// The file as it is when its lock has been taken; its last owner may have moved it between opening and locking.
    private static func openLocked(
        _ name: String, in folder: CInt, subject: String
    ) throws(FileError) -> (descriptor: CInt, byteCount: Int) {
        for _ in 0..<8 {
            let opened = unsafe openat(folder, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0o644)
            guard opened >= 0 else { throw FileError(name, code: errno, "written") }
            var status = stat()
            // Without locks, as on some network disks, two pulls of one file are not distinguished.
            let isHeld = flock(opened, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK
            guard !isHeld, unsafe fstat(opened, &status) == 0 else {
                close(opened)
                throw FileError(.busy, subject, "is being fetched already", advice: "Wait for that, or end it.")
            }
            if status.st_mode & S_IFMT == S_IFREG, status.st_nlink == 1 { return (opened, Int(status.st_size)) }
            close(opened)
            guard status.st_nlink == 0 else {
                throw status.st_nlink > 1 && status.st_mode & S_IFMT == S_IFREG
                    ? FileError(.exists, name, "has a second name", advice: "Move it away first.")
                    : FileError.notAFile(name, mode: status.st_mode)
            }
        }
        throw FileError(.failed, subject, "cannot be written: \(name) vanishes from its folder")
    }
}
