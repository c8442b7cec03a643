import Synchronization

/// Memory for packed weights, in large pieces that the system backs with huge pages where it can.
///
/// Streaming a model's weights from pages of 4 KiB, as a mapped file has them, spends a third of the time on address
/// translation (22 GB/s against 33 on one core of a Zen 4 server), so one copy at load pays for itself at once.
final class WeightArena: Sendable {
    private static let chunkSize = 64 << 20

    private struct Current {
        var chunk: Chunk?
        var used = 0
    }
    private let current = Mutex(Current())

    /// Memory for this many bytes, aligned to a cache line and not initialised.
    func allocate(_ byteCount: Int) -> (chunk: Chunk, offset: Int) {
        let size = (max(byteCount, 1) + 63) / 64 * 64
        return current.withLock { current in
            if let chunk = current.chunk, current.used + size <= chunk.byteCount {
                defer { current.used += size }
                return (chunk, current.used)
            }
            let chunk = Chunk(byteCount: (max(size, Self.chunkSize) + HugePages.size - 1) / HugePages.size * HugePages.size)
            current = Current(chunk: chunk, used: size)
            return (chunk, 0)
        }
    }

    /// One piece; lives as long as a weight in it.
    @safe final class Chunk: @unchecked Sendable {
        let byteCount: Int
        let pointer: UnsafeMutableRawPointer

        init(byteCount: Int) {
            self.byteCount = byteCount
            unsafe pointer = HugePages.allocate(byteCount: byteCount)
        }

        deinit { unsafe pointer.deallocate() }
    }
}
