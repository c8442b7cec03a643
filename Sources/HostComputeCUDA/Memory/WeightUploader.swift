import CHostCUDA
import Foundation
import HostCompute
import Synchronization

/// Brings weights from the host to a card: straight from a file's pages where the driver takes those, else through pinned
/// memory that several threads fill.
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

    private static let stagingBytes = 16 << 20

    init(_ context: CUDAContext, _ kernels: CUDAKernels) throws(DeviceError) {
        (self.context, self.kernels) = (context, kernels)
        stream = try CUDAStream(context)
        counted = try DeviceMemory(context, bytes: MemoryLayout<WeightCounts>.size, for: "loading weights")
        found = try PinnedMemory(context, bytes: MemoryLayout<WeightCounts>.size, for: "loading weights")
    }

    /// Gives back what only a load needs.
    func finish() {
        staging.removeAll()
        waiting = nil
    }

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
            unsafe try send(UnsafeRawPointer(base), bytes: values.count * 4, to: address)
        }
        try stream.wait("loading weights")
    }

    /// Bytes of the host, which must stay until the stream is waited for.
    func send(
        _ source: UnsafeRawPointer, bytes: Int, to address: UInt64, _ registration: HostRegistration? = nil
    ) throws(DeviceError) {
        guard let registered = registration?.registered else { return unsafe try stage(source, bytes, to: address) }
        unsafe try stream.copy(
            source + registered.lowerBound, to: address + UInt64(registered.lowerBound), bytes: registered.count)
        unsafe try stage(source, registered.lowerBound, to: address)
        unsafe try stage(
            source + registered.upperBound, bytes - registered.upperBound, to: address + UInt64(registered.upperBound))
    }

    /// Through pinned memory, piece by piece, two of them in turn.
    private func stage(_ source: UnsafeRawPointer, _ bytes: Int, to address: UInt64) throws(DeviceError) {
        var done = 0
        while done < bytes {
            let count = min(Self.stagingBytes, bytes - done), piece = try nextPiece()
            unsafe copy(source + done, to: piece.memory.pointer, count)
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

    /// One thread reads a third of what memory gives.
    private func copy(_ source: UnsafeRawPointer, to target: UnsafeMutableRawPointer, _ count: Int) {
        let part = 4 << 20
        guard count > part else {
            unsafe target.copyMemory(from: source, byteCount: count)
            return
        }
        let from = UInt(bitPattern: source), to = UInt(bitPattern: target)
        DispatchQueue.concurrentPerform(iterations: (count + part - 1) / part) { index in
            let start = index * part, bytes = min(part, count - start)
            guard let source = unsafe UnsafeRawPointer(bitPattern: from + UInt(start)),
                let target = unsafe UnsafeMutableRawPointer(bitPattern: to + UInt(start))
            else { return }
            unsafe target.copyMemory(from: source, byteCount: bytes)
        }
    }
}
