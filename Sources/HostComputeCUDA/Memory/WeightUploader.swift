import CHostCUDA
import HostCompute
import Synchronization

/// Brings weights from the host to a card: straight from a file's pages where the driver takes those, else through pinned
/// memory.
@safe final class WeightUploader: @unchecked Sendable {
    let context: CUDAContext
    let kernels: CUDAKernels
    let stream: CUDAStream
    /// Where kernels count what goes wrong with numbers, and where the host finds it.
    let counted: DeviceMemory, found: PinnedMemory
    private var staging: [PinnedPool.Piece] = []
    private var turn = 0
    /// Memory that matrices wait in for their conversion; given back when a model is loaded.
    private var waiting: DeviceMemory?

    static let stagingBytes = 16 << 20

    init(_ context: CUDAContext, _ kernels: CUDAKernels) throws(DeviceError) {
        (self.context, self.kernels) = (context, kernels)
        stream = try CUDAStream(context)
        counted = try DeviceMemory(context, bytes: MemoryLayout<WeightCounts>.size, for: "loading weights")
        found = try PinnedMemory(context, bytes: MemoryLayout<WeightCounts>.size, for: "loading weights")
    }

    deinit { settle() }

    /// Gives back what only a load needs.
    func finish() {
        settle()
        staging.removeAll()
        waiting = nil
    }

    /// Returns when nothing moves any more, whatever became of it: memory that it moves in may go.
    func settle() { try? stream.wait("loading weights") }

    /// Memory of the card for a while: until it is asked for again.
    func room(_ bytes: Int) throws(DeviceError) -> UInt64 {
        if let waiting, waiting.byteCount >= bytes { return waiting.address }
        waiting = nil
        let made = try DeviceMemory(context, bytes: bytes, for: "converting weights")
        waiting = made
        return made.address
    }

    func send(_ values: [Float], to address: UInt64) throws(DeviceError) {
        unsafe try values.withUnsafeBufferPointer { values throws(DeviceError) in
            guard let base = values.baseAddress else { return }
            unsafe try stage(UnsafeRawPointer(base), values.count * 4, to: address)
        }
        try stream.wait("loading weights")
    }

    /// A range of bytes of the host, which must stay until the stream is waited for.
    func send(_ bytes: HostBytes, _ range: Range<Int>, to address: UInt64) throws(DeviceError) {
        let direct = (bytes.registration?.registered ?? 0..<0).clamped(to: range)
        for part in [direct, range.lowerBound..<direct.lowerBound, direct.upperBound..<range.upperBound] {
            let to = address + UInt64(part.lowerBound - range.lowerBound), from = unsafe bytes.pointer + part.lowerBound
            if part == direct {
                unsafe try stream.copy(from, to: to, bytes: part.count)
            } else {
                unsafe try stage(from, part.count, to: to)
            }
        }
    }

    /// Through pinned memory, piece by piece, two of them in turn.
    private func stage(_ source: UnsafeRawPointer, _ bytes: Int, to address: UInt64) throws(DeviceError) {
        var done = 0
        while done < bytes {
            let count = min(Self.stagingBytes, bytes - done), piece = try nextPiece()
            unsafe HostCopy.run(source + done, to: piece.memory.pointer, bytes: count)
            unsafe try stream.copy(piece.memory.pointer, to: address + UInt64(done), bytes: count)
            try piece.event.record(in: stream)
            done += count
        }
    }

    private func nextPiece() throws(DeviceError) -> PinnedPool.Piece {
        defer { turn = 1 - turn }
        guard staging.count > turn else {
            let piece = PinnedPool.Piece(
                try PinnedMemory(context, bytes: Self.stagingBytes, for: "loading weights"), try CUDAEvent(context))
            staging.append(piece)
            return piece
        }
        try staging[turn].event.wait("loading weights")
        return staging[turn]
    }
}
