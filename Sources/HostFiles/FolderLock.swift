#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Has the processes that share a folder take turns; let go when this value goes, or the process ends.
package struct FolderLock: ~Copyable {
    private static let tries = 250
    private static let pause: UInt32 = 20_000
    private let descriptor: CInt

    /// Waits for at most five seconds; nil where another process holds on to the folder, or it cannot be locked.
    package init?(_ folder: String) {
        let opened = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard opened >= 0 else { return nil }
        for _ in 0..<Self.tries {
            if flock(opened, LOCK_EX | LOCK_NB) == 0 {
                descriptor = opened
                return
            }
            guard errno == EWOULDBLOCK || errno == EINTR else { break }
            usleep(Self.pause)
        }
        close(opened)
        return nil
    }

    deinit { close(descriptor) }

    /// Makes sure that a rename in a folder outlives a loss of power; as well as the system can.
    static func synchronise(_ folder: String) {
        let opened = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard opened >= 0 else { return }
        fsync(opened)
        close(opened)
    }
}
