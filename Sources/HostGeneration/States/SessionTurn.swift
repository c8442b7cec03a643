import HostCore
import HostRuntime
import Synchronization

/// A session in the hands of one request, on this host and among all that share it; letting go of it gives the session back as
/// it was.
final class SessionTurn: Sendable {
    /// What the text goes on from; nil for a new one.
    let session: Session?
    /// Opens when the session has been given back, everywhere.
    let isKept = Latch()

    private let name: String
    private let hold: SessionHold
    private let shared: (sessions: SharedSessions, shape: StateShape)?
    private let isLeft = Atomic(false)

    /// - Parameter shared: where other hosts find it, and what its states look like; nil for a session of this host alone.
    /// - Throws: as `SessionTable.enter` and `SharedSessions.begin`.
    init(
        _ name: String, in table: SessionTable, of owner: SessionTable.Owner, shared: (sessions: SharedSessions, shape: StateShape)?
    ) async throws(GenerationError) {
        self.name = name
        self.shared = shared
        hold = try table.enter(name, of: owner)
        guard let shared else {
            session = hold.session
            return
        }
        do {
            session = try await shared.sessions.begin(name, local: hold.session, of: shared.shape)
        } catch {
            hold.leave(nil)
            throw error
        }
    }

    deinit {
        if !isLeft.load(ordering: .acquiring), let shared { shared.sessions.release(name, of: shared.shape) }
    }

    /// Gives the session back, once; later calls do nothing.
    ///
    /// - Parameter session: what the request made of it; nil leaves it as it was.
    func leave(_ session: Session?) {
        guard !isLeft.exchange(true, ordering: .acquiringAndReleasing) else { return }
        var session = session
        let turn = (self.session?.turn ?? 0) + 1
        session?.turn = turn
        hold.leave(session)
        guard let shared else { return isKept.open() }
        guard let session else {
            shared.sessions.release(name, of: shared.shape)
            return isKept.open()
        }
        Task { [name, hold, isKept] in
            if await shared.sessions.end(name, session, of: shared.shape) { hold.noteInStore(turn: turn) }
            isKept.open()
        }
    }
}
