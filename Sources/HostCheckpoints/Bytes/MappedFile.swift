package import HostCore
import HostFiles
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A file as read-only memory; weights are used where they lie in the page cache, so nothing is copied.
///
/// The mapping keeps the file alive: deleting it, or replacing it by a rename, changes nothing here. Only rewriting the
/// very file in place is seen, the price of not copying; the file stays open, so that it is asked itself and not whatever
/// has its path by now. A file cut short in place would kill the process with SIGBUS on the next touch; a host that calls
/// `MappingGuard.install()` reads zeros there instead, and `checkUnchanged()` then says what happened.
@safe
package final class MappedFile: ByteRegion {
    package let path: String
    package let count: Int
    private let base: UInt
    private let file: PlainFile
    private let known: Mutex<Known>

    /// The file when it was last found to be right, and its contents where a model relies on them.
    private struct Known {
        var stamp: FileStamp
        var contents: FileContents?
        /// The file when its contents were last found to be others, so that they are not compared again.
        var wrong: FileStamp?
    }

    /// - Throws: `LoadError` when the path is missing, may not be read, or is not a regular file; pipes and devices are
    ///   distinguished from files without waiting on them.
    package init(path: String) throws(LoadError) {
        do {
            file = try PlainFile(path)
        } catch {
            throw LoadError(error)
        }
        self.path = path
        guard let stamp = FileStamp(file.descriptor) else { throw MappedFile.readFailure(path, errno) }
        count = stamp.byteCount
        known = Mutex(Known(stamp: stamp))
        base = count > 0 ? try MappedFile.map(file.descriptor, count, path) : 0
        if base != 0 { MappingGuard.add(base: base, count: count) }
    }

    private static func map(_ descriptor: CInt, _ count: Int, _ path: String) throws(LoadError) -> UInt {
        let address = unsafe mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0)
        guard let address = unsafe address, unsafe address != MAP_FAILED else {
            guard errno == ENOMEM else { throw readFailure(path, errno) }
            throw LoadError(
                .outOfMemory, path, "cannot be mapped: there is no room for its \((count + 999_999) / 1_000_000) MB of addresses",
                advice: "Raise the limit that ulimit -v shows, or use a smaller model.")
        }
        return UInt(bitPattern: address)
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

    /// Whether the file still holds what was mapped.
    ///
    /// - Throws: `LoadError.corrupt` when it was rewritten or cut in place since, or zeros were read instead.
    package func checkUnchanged() throws(LoadError) {
        let isSame = known.withLock { known in
            guard let now = FileStamp(file.descriptor) else { return false }
            if now == known.stamp { return true }
            guard now != known.wrong, now.byteCount == known.stamp.byteCount, known.contents?.isEqual(to: file.descriptor) == true
            else {
                known.wrong = now
                return false
            }
            known.stamp = now
            return true
        }
        guard isSame, base == 0 || !MappingGuard.isDamaged(base: base) else { throw rewritten }
    }

    package func noteContents(of range: Range<Int>) throws(LoadError) {
        let isNoted = known.withLock { known in
            guard var contents = known.contents ?? FileContents(of: file.descriptor, size: count),
                contents.note(range, of: file.descriptor, size: count),
                // What was read now is what was mapped only if the file was not written in between.
                FileStamp(file.descriptor) == known.stamp
            else { return false }
            known.contents = contents
            return true
        }
        guard isNoted else { throw rewritten }
    }

    private var rewritten: LoadError {
        LoadError(
            .corrupt, path, "the file was rewritten while it was in use",
            advice: "Load the model again. Replace model files by a rename, which does not disturb a running host.")
    }

    private static func readFailure(_ path: String, _ code: CInt) -> LoadError {
        LoadError(.unreadable, path, "cannot be read: \(unsafe String(cString: strerror(code)))")
    }
}

/// What changes when an open file is written to.
private struct FileStamp: Equatable, Sendable {
    let byteCount: Int
    private let modified: FileTime

    /// Nil when the system does not say.
    init?(_ descriptor: CInt) {
        guard let facts = FileFacts(descriptor: descriptor) else { return nil }
        (byteCount, modified) = (facts.byteCount, facts.modified)
    }
}
