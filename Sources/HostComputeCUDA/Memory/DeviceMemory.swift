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
        try unsafe context.call(purpose() + " in pinned memory of the host", wanted: bytes) {
            unsafe $0.pointee.cuMemHostAlloc(&pointer, max(bytes, 1), 0)
        }
        guard let pointer = unsafe pointer else { throw DeviceError(context.device, purpose(), "the driver gave no memory") }
        unsafe self.pointer = pointer
        (self.context, byteCount) = (context, bytes)
    }

    deinit { unsafe context.result { unsafe $0.pointee.cuMemFreeHost(pointer) } }

    var floats: UnsafeMutablePointer<Float> { unsafe pointer.assumingMemoryBound(to: Float.self) }
}

/// Memory of a card that lives as long as a model: much of it by itself, little of it from larger pieces.
final class DeviceArena: Sendable {
    private static let chunkSize = 4 << 20
    private static let alignment = 256

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
            let bytes = size > Self.chunkSize / 4 ? size : Self.chunkSize
            let piece = try DeviceMemory(context, bytes: bytes, for: purpose())
            content.pieces.append(piece)
            // A large piece is full at once; the chunk before it may have room for what comes.
            if piece.byteCount > size { (content.chunk, content.used) = (piece, size) }
            return piece.address
        }
    }
}
