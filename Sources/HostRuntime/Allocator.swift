#if canImport(Glibc)
    import CSystem
#endif

/// How the C library keeps freed memory, where that can be said.
///
/// glibc gives each thread an arena of its own and raises, with each large block that is freed, the size up to which blocks
/// are kept instead of given back; a host that once parsed a few large bodies would stay large for ever.
///
/// - Source: glibc manual, section 3.2.3.6 (malloc tunable parameters).
package enum Allocator {
    /// Few arenas, and blocks of a MiB and more straight from and to the system. Called once, before other threads exist.
    package static func configure() {
        #if canImport(Glibc)
            _ = mallopt(M_ARENA_MAX, 2)
            _ = mallopt(M_MMAP_THRESHOLD, 1 << 20)
            _ = mallopt(M_TRIM_THRESHOLD, 16 << 20)
        #endif
    }

    /// Gives pages that hold nothing any more back to the system.
    ///
    /// - Cost: milliseconds; for the end of work that took much memory.
    package static func trim() {
        #if canImport(Glibc)
            _ = malloc_trim(0)
        #endif
    }
}
