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

    deinit {
        // The driver may still copy; its memory goes when that is over.
        free.withLock { free in for piece in free { try? piece.event.wait("moving a state") } }
    }

    /// A piece that no copy uses any more. Others may wait behind a queue's lock, so nobody holds that who asks for one.
    func take() throws(DeviceError) -> Piece {
        let piece = free.withLock { free -> Piece? in
            guard let index = free.firstIndex(where: { $0.event.isDone }) else { return nil }
            return free.remove(at: index)
        }
        if let piece { return piece }
        return Piece(try PinnedMemory(context, bytes: bytes, for: "moving a state"), try CUDAEvent(context))
    }

    /// Takes a piece back; a copy that was given to a stream before may still use it, and then it stays, however many there
    /// are.
    func giveBack(_ piece: Piece) {
        // Memory goes outside the lock.
        _ = free.withLock { free -> Piece? in
            free.append(piece)
            guard free.count > Self.kept, let index = free.firstIndex(where: { $0.event.isDone }) else { return nil }
            return free.remove(at: index)
        }
    }
}
