import CHostCUDA
import HostCompute
import Synchronization

/// Memory of a card, not initialised.
@safe final class DeviceMemory: @unchecked Sendable {
    let address: UInt64
    let byteCount: Int
    private let context: CUDAContext

    init(_ context: CUDAContext, bytes: Int, for purpose: @autoclosure () -> String) throws(DeviceError) {
        var address: UInt64 = 0
        try unsafe context.call(purpose(), wanted: bytes) { unsafe $0.pointee.cuMemAlloc_v2(&address, max(bytes, 1)) }
        (self.context, self.address, byteCount) = (context, address, bytes)
    }

    deinit { unsafe context.result { unsafe $0.pointee.cuMemFree_v2(address) } }
}

/// Memory of the host that a card reads and writes by itself, since the system never moves it.
@safe final class PinnedMemory: @unchecked Sendable {
    let pointer: UnsafeMutableRawPointer
    let byteCount: Int
    private let context: CUDAContext

    init(_ context: CUDAContext, bytes: Int, for purpose: @autoclosure () -> String) throws(DeviceError) {
        var pointer: UnsafeMutableRawPointer?
        let result = unsafe context.result { unsafe $0.pointee.cuMemHostAlloc(&pointer, max(bytes, 1), 0) }
        if result == CInt(host_cuda_out_of_memory) {
            throw DeviceError(
                context.device, purpose(), "the host has no such piece of memory that stays where it is", wantedBytes: bytes,
                advice: "Close other programs, or let processes lock more memory (ulimit -l)")
        }
        try context.driver.check(result, purpose() + " in memory of the host", on: context.device)
        guard let pointer = unsafe pointer else { throw DeviceError(context.device, purpose(), "the driver gave no memory") }
        unsafe self.pointer = pointer
        (self.context, byteCount) = (context, bytes)
    }

    deinit { unsafe context.result { unsafe $0.pointee.cuMemFreeHost(pointer) } }

    var floats: UnsafeMutablePointer<Float> { unsafe pointer.assumingMemoryBound(to: Float.self) }
}

/// Memory of a card that lives as long as a model: much of it by itself, little of it from larger pieces.
final class DeviceArena: Sendable {
    private static let chunkBytes = 4 << 20
    private static let alignment = 256
    /// What is asked of the driver beyond what is needed, at most: the rest of a piece, and the ends of all.
    static let slackBytes = 2 * chunkBytes

    private struct Content {
        var pieces: [DeviceMemory] = []
        var chunk: DeviceMemory?
        var used = 0
    }
    private let context: CUDAContext
    private let content = Mutex(Content())

    init(_ context: CUDAContext) { self.context = context }

    /// The address of this many bytes, a multiple of 256.
    func allocate(_ bytes: Int, for purpose: @autoclosure () -> String) throws(DeviceError) -> UInt64 {
        let size = (max(bytes, 1) + Self.alignment - 1) / Self.alignment * Self.alignment
        return try content.withLock { content throws(DeviceError) in
            if let chunk = content.chunk, content.used + size <= chunk.byteCount {
                defer { content.used += size }
                return chunk.address + UInt64(content.used)
            }
            // What takes a good part of a chunk has its own piece, so that little is left of one when the next begins.
            let isSmall = size <= Self.chunkBytes / 16
            let piece = try DeviceMemory(context, bytes: isSmall ? Self.chunkBytes : size, for: purpose())
            content.pieces.append(piece)
            if isSmall { (content.chunk, content.used) = (piece, size) }
            return piece.address
        }
    }
}
