import CHostCUDA
import HostCompute
import Synchronization

/// Memory that products of one stream share, one after the other; its first bytes are zeros between them.
final class CUDAScratch: Sendable {
    private let context: CUDAContext
    private let pieces = Mutex<[DeviceMemory]>([])

    init(_ context: CUDAContext) { self.context = context }

    /// Memory of at least this many bytes. What was given out before stays, since recorded passes name it.
    func address(bytes: Int, on stream: CUDAStream) throws(DeviceError) -> UInt64 {
        try pieces.withLock { pieces throws(DeviceError) in
            if let last = pieces.last, last.byteCount >= bytes { return last.address }
            let piece = try DeviceMemory(context, bytes: bytes, for: "making room for products")
            try stream.clear(piece.address, bytes: min(bytes, CUDA_TICKET_BYTES))
            pieces.append(piece)
            return piece.address
        }
    }
}
