package import HostCore
import HostFiles

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A file as read-only memory; weights are used where they lie in the page cache, so nothing is copied.
///
/// The mapping keeps the file alive: deleting it, or replacing it by a rename, changes nothing here. Only rewriting the
/// very file in place is seen, the price of not copying. A file cut short in place would kill the process
/// with SIGBUS on the next touch; a host that calls `MappingGuard.install()` reads zeros there instead, and
/// `checkUnchanged()` then says what happened.
@safe
package final class MappedFile: ByteRegion {
    package let path: String
    package let count: Int
    private let base: UInt
    private let stamp: FileStamp

    /// - Throws: `LoadError` when the path is missing, may not be read, or is no regular file; pipes and devices are
    ///   told from files without waiting on them.
    package init(path: String) throws(LoadError) {
        let file: PlainFile
        do {
            file = try PlainFile(path)
        } catch {
            throw LoadError(error)
        }
        var status = stat()
        guard unsafe fstat(file.descriptor, &status) == 0 else { throw MappedFile.readFailure(path, errno) }
        self.path = path
        self.count = Int(status.st_size)
        self.stamp = FileStamp(status)
        guard count > 0 else {
            base = 0
            return
        }
        let address = unsafe mmap(nil, count, PROT_READ, MAP_PRIVATE, file.descriptor, 0)
        guard let address = unsafe address, unsafe address != MAP_FAILED else {
            throw MappedFile.readFailure(path, errno)
        }
        base = UInt(bitPattern: address)
        MappingGuard.add(base: base, count: count)
    }

    deinit {
        guard base != 0 else { return }
        MappingGuard.remove(base: base)
        unsafe munmap(UnsafeMutableRawPointer(bitPattern: base), count)
    }

    package func withBytes<Result, Failure: Error>(
        _ body: (RawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let buffer = unsafe UnsafeRawBufferPointer(start: UnsafeRawPointer(bitPattern: base), count: count)
        return try unsafe body(RawSpan(_unsafeBytes: buffer))
    }

    /// Takes whole pages out of this process's memory; a later read finds them in the page cache again.
    package func forget(_ range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= count)
        let page = UInt(getpagesize())
        let start = (base + UInt(range.lowerBound) + page - 1) / page * page
        let end = (base + UInt(range.upperBound)) / page * page
        guard base != 0, start < end else { return }
        unsafe madvise(UnsafeMutableRawPointer(bitPattern: start), Int(end - start), MADV_DONTNEED)
    }

    /// Whether the file is still the one that was mapped.
    ///
    /// - Throws: `LoadError.corrupt` when it was rewritten or cut in place since, or zeros were read in its stead.
    package func checkUnchanged() throws(LoadError) {
        var status = stat()
        // Once for each token: a string passed as it is would be copied to the heap.
        let isGone = unsafe path.withCString { unsafe stat($0, &status) } != 0
        let isSame = isGone || FileStamp(status).isReplacedOrEqual(to: stamp)
        guard isSame, base == 0 || !MappingGuard.isDamaged(base: base) else {
            throw LoadError(
                .corrupt, path, "the file was rewritten while it was in use",
                advice: "Load the model again. Replace model files by a rename, which does not disturb a running host.")
        }
    }

    private static func readFailure(_ path: String, _ code: CInt) -> LoadError {
        LoadError(.unreadable, path, "cannot be read: \(unsafe String(cString: strerror(code)))")
    }
}

/// What tells a rewritten file from the one that was opened.
private struct FileStamp: Equatable, Sendable {
    let device: UInt64
    let node: UInt64
    let size: Int64
    let seconds: Int
    let nanoseconds: Int

    init(_ status: stat) {
        device = UInt64(truncatingIfNeeded: status.st_dev)
        node = UInt64(status.st_ino)
        size = Int64(status.st_size)
        #if canImport(Glibc)
            seconds = status.st_mtim.tv_sec
            nanoseconds = status.st_mtim.tv_nsec
        #else
            seconds = status.st_mtimespec.tv_sec
            nanoseconds = status.st_mtimespec.tv_nsec
        #endif
    }

    /// Another file under the same path leaves the mapped one as it was.
    func isReplacedOrEqual(to old: FileStamp) -> Bool {
        node != old.node || device != old.device || self == old
    }
}
