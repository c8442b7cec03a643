import CHostCUDA
import HostCompute
import Synchronization

/// Memory that products of one stream share, one after the other; its first bytes are zeros between them.
final class CUDAScratch: Sendable {
    private struct Content {
        var piece: DeviceMemory?
        /// Whether a step has the address of the piece.
        var isNamed = false
        /// Pieces that became too small: recorded passes name them.
        var old: [DeviceMemory] = []
    }

    private let context: CUDAContext
    private let content = Mutex(Content())

    init(_ context: CUDAContext) { self.context = context }

    /// Makes sure of this many bytes for all who ask for the address from now on.
    func reserve(_ bytes: Int, on stream: CUDAStream) throws(DeviceError) {
        try content.withLock { content throws(DeviceError) in
            guard (content.piece?.byteCount ?? 0) < bytes else { return }
            if let piece = content.piece, content.isNamed { content.old.append(piece) }
            (content.piece, content.isNamed) = (nil, false)
            let piece = try DeviceMemory(context, bytes: bytes, for: "making room for products")
            try stream.clear(piece.address, bytes: min(bytes, CUDA_TICKET_BYTES))
            content.piece = piece
        }
    }

    /// Where the memory lies; it stays there.
    func address(on stream: CUDAStream) throws(DeviceError) -> UInt64 {
        try reserve(CUDA_TICKET_BYTES, on: stream)
        return content.withLock { content in
            content.isNamed = true
            return content.piece?.address ?? 0
        }
    }
}
