import Foundation

/// Pages of 2 MiB, where the system has them.
enum HugePages {
    static let size = 2 << 20

    /// Memory that is not initialised: aligned to a cache line; much of it to a huge page, and backed by such if possible.
    static func allocate(byteCount: Int) -> UnsafeMutableRawPointer {
        let pointer = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: byteCount >= size ? size : 64)
        #if os(Linux)
            // A wish: without, everything works, only slower.
            if byteCount >= size { _ = unsafe madvise(pointer, byteCount, MADV_HUGEPAGE) }
        #endif
        return unsafe pointer
    }
}
