import Foundation

/// Pages of 2 MiB, where the system has them.
enum HugePages {
    static let size = 2 << 20

    /// Asks for them; without, everything works, only slower.
    static func request(for pointer: UnsafeMutableRawPointer, byteCount: Int) {
        #if os(Linux)
            if byteCount >= size { _ = unsafe madvise(pointer, byteCount, MADV_HUGEPAGE) }
        #endif
    }
}
