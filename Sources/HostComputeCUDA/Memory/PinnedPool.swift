import HostCompute
import Synchronization

/// Pieces of pinned memory of one size, each with the event after which it is free again.
final class PinnedPool: Sendable {
    final class Piece: Sendable {
        let memory: PinnedMemory
        let event: CUDAEvent
        init(_ memory: PinnedMemory, _ event: CUDAEvent) { (self.memory, self.event) = (memory, event) }
    }

    private let context: CUDAContext
    private let bytes: Int
    private let free = Mutex<[Piece]>([])
    /// More are made when they are needed and go when they are not.
    private static let kept = 8

    init(_ context: CUDAContext, bytes: Int) { (self.context, self.bytes) = (context, bytes) }

    /// A piece that no copy uses any more.
    func take(after stream: CUDAStream) throws(DeviceError) -> Piece {
        let piece = free.withLock { free -> Piece? in
            guard let index = free.firstIndex(where: { $0.event.isDone }) else { return nil }
            return free.remove(at: index)
        }
        if let piece { return piece }
        return Piece(try PinnedMemory(context, bytes: bytes, for: "moving a state"), try CUDAEvent(context))
    }

    /// Takes a piece back; a copy that was given to a stream before may still use it.
    func giveBack(_ piece: Piece) {
        free.withLock { free in if free.count < Self.kept { free.append(piece) } }
    }
}
