import HostCore
import HostFiles
import Synchronization

/// A text that goes on from request to request.
struct Session: Sendable {
    var snapshot: StateSnapshot
    /// How many tokens the state has read.
    var tokenCount: Int
    /// Tokens that belong to the text and are read before the next prompt: the last one drawn never was fed.
    var pending: [TokenID]
    /// How many turns it has had, on whatever hosts.
    var turn = 0
    /// Whether a store has it too, so that it may go from here.
    var isInStore = false

    var byteCount: Int { snapshot.values.count * MemoryLayout<Float>.stride }
}

/// The sessions of all models of a host, by the names that clients gave them.
///
/// They outlive the engines: a model that is loaded again, from the same files and under the same strategy, finds its
/// sessions as they were. One request at a time goes on from a session. None is dropped to make room, since its client
/// could not tell, except those that a store has as well; one that was idle for long is, and the next request that names it
/// gets that as its error, once.
package final class SessionTable: Sendable {
    /// Whose a session is.
    struct Owner: Sendable, Hashable {
        /// What distinguishes the model's states from others'.
        var fingerprint: String
        /// What people call it.
        var name: String
        /// Bytes of one state; a session that begins counts as much.
        var stateBytes = 0
    }

    private struct Slot {
        let owner: Owner
        var session: Session?
        /// The hold of the request that uses it.
        var holder: Int?
        var lastUse = ContinuousClock.now

        var byteCount: Int { max(owner.stateBytes, session?.byteCount ?? 0) }
    }

    private struct State {
        var slots: [String: Slot] = [:]
        var byteCount = 0
        var holdCount = 0
        var dropped = DroppedNames()
    }

    private static let maximumName = 128
    private let maximumCount: Int
    private let capacity: Int
    private let idleTime: Duration
    private let state = Mutex(State())

    /// - Parameters:
    ///   - capacity: bytes of states beyond which no new session begins.
    ///   - idleTime: how long a session stays though others want its place.
    package init(maximumCount: Int, capacity: Int, idleTime: Duration = .seconds(3600)) {
        self.maximumCount = maximumCount
        self.capacity = capacity
        self.idleTime = idleTime
    }

    /// Takes a session for one request, or begins one.
    ///
    /// - Throws: `GenerationError.overloaded` while another request has it, or when there are too many;
    ///   `.sessionNotFound` for one of another model, and once for one that was dropped.
    func enter(_ name: String, of owner: Owner) throws(GenerationError) -> SessionHold {
        try SessionTable.check(name)
        let ticket = try state.withLock { state throws(GenerationError) in
            if try !find(name, of: owner, &state) {
                if let reason = state.dropped.take(name) { throw SessionTable.missing(name, reason) }
                try begin(name, of: owner, &state)
            }
            return makeTicket(for: name, &state)
        }
        return SessionHold(self, name: name, ticket)
    }

    /// A session as its last request left it.
    ///
    /// - Throws: as `enter`, and `.sessionNotFound` for one that never began.
    func session(_ name: String, of owner: Owner) throws(GenerationError) -> Session {
        try SessionTable.check(name)
        return try state.withLock { state throws(GenerationError) in
            if try find(name, of: owner, &state), let session = state.slots[name]?.session { return session }
            throw SessionTable.missing(name, state.dropped.take(name) ?? "no request has begun one of that name")
        }
    }

    /// Has a name stand for a session from elsewhere, whatever it stood for before.
    ///
    /// - Throws: as `enter`; a name of another model's session stays that one's.
    func put(_ session: Session, as name: String, of owner: Owner) throws(GenerationError) {
        try SessionTable.check(name)
        let ticket = try state.withLock { state throws(GenerationError) in
            if try !find(name, of: owner, &state) {
                _ = state.dropped.take(name)
                try begin(name, of: owner, &state)
            }
            return makeTicket(for: name, &state)
        }
        leave(name, number: ticket.number, session)
    }

    /// Notes that a store has a session as it is after this many turns.
    fileprivate func noteInStore(_ name: String, turn: Int) {
        state.withLock { state in
            if state.slots[name]?.session?.turn == turn { state.slots[name]?.session?.isInStore = true }
        }
    }

    /// How many sessions there are, and the bytes of their states.
    package var load: (count: Int, byteCount: Int) { state.withLock { ($0.slots.count, $0.byteCount) } }

    /// Whether there is one of that name, free for a request to this model.
    private func find(_ name: String, of owner: Owner, _ state: inout State) throws(GenerationError) -> Bool {
        guard let slot = state.slots[name] else { return false }
        guard slot.holder == nil else {
            throw GenerationError(.overloaded, "session_id", "another request is using this session")
        }
        if slot.owner.fingerprint == owner.fingerprint { return true }
        guard slot.owner.name == owner.name else {
            throw SessionTable.missing(
                name, "it belongs to the model \(slot.owner.name), and this request goes to \(owner.name)",
                advice: "Name that model in the request, or use another session_id.")
        }
        SessionTable.remove(name, &state)
        throw SessionTable.missing(name, "its model's files have changed since")
    }

    private func begin(_ name: String, of owner: Owner, _ state: inout State) throws(GenerationError) {
        if isFull(state, for: owner) { dropShared(&state, for: owner) }
        if isFull(state, for: owner) { dropIdle(&state) }
        guard !isFull(state, for: owner) else {
            throw GenerationError(
                .overloaded, "session_id",
                "there are \(state.slots.count) sessions with \(state.byteCount >> 20) MB already, "
                    + "and no more than \(maximumCount) with \(capacity >> 20) MB may begin",
                advice: "Try again later, or raise --max-sessions and --session-memory.")
        }
        state.slots[name] = Slot(owner: owner)
        state.byteCount += owner.stateBytes
    }

    /// Lets those go that a store has, the longest unused first.
    private func dropShared(_ state: inout State, for owner: Owner) {
        let shared = state.slots.filter { $0.value.holder == nil && $0.value.session?.isInStore == true }
            .sorted { $0.value.lastUse < $1.value.lastUse }
        // Half of them at once, so that the next ones begin without a search.
        for (index, (name, _)) in shared.enumerated() where isFull(state, for: owner) || index < shared.count / 2 {
            SessionTable.remove(name, &state)
        }
    }

    private func dropIdle(_ state: inout State) {
        let oldest = ContinuousClock.now - idleTime
        for (name, slot) in state.slots where slot.holder == nil && slot.lastUse <= oldest {
            SessionTable.remove(name, &state)
            state.dropped.add(name, "it was not used for \(idleTime.components.seconds) s, and others needed its place")
        }
    }

    private func makeTicket(for name: String, _ state: inout State) -> SessionTicket {
        state.holdCount += 1
        state.slots[name]?.holder = state.holdCount
        return SessionTicket(number: state.holdCount, session: state.slots[name]?.session)
    }

    /// - Parameter session: what the request left; nil leaves the session as it was.
    fileprivate func leave(_ name: String, number: Int, _ session: Session?) {
        state.withLock { state in
            guard var slot = state.slots[name], slot.holder == number else { return }
            state.byteCount -= slot.byteCount
            slot.session = session ?? slot.session
            slot.holder = nil
            slot.lastUse = .now
            state.slots[name] = slot.session == nil ? nil : slot
            if slot.session != nil { state.byteCount += slot.byteCount }
        }
    }

    private static func remove(_ name: String, _ state: inout State) {
        guard let slot = state.slots.removeValue(forKey: name) else { return }
        state.byteCount -= slot.byteCount
    }

    private func isFull(_ state: State, for owner: Owner) -> Bool {
        state.slots.count >= maximumCount || state.byteCount >= capacity || state.byteCount + owner.stateBytes > capacity
    }

    private static func missing(_ name: String, _ reason: String, advice: String? = nil) -> GenerationError {
        GenerationError(
            .sessionNotFound, "session_id", "session \"\(name)\" was not found: \(reason)",
            advice: advice ?? "Send the whole text again; the next request with this session_id begins a new one.")
    }

    private static func check(_ name: String) throws(GenerationError) {
        if let problem = OnePartName.problem(name, atMost: maximumName) {
            throw GenerationError(.invalidParameter, "session_id", problem)
        }
    }
}

/// What a request was given under the table's lock; `SessionHold` is made after it.
private struct SessionTicket {
    let number: Int
    let session: Session?
}

/// A session in the hands of one request; letting go of it gives the session back as it was.
final class SessionHold: Sendable {
    /// What the text goes on from; nil for a new one.
    let session: Session?
    private let table: SessionTable
    private let name: String
    private let number: Int

    fileprivate init(_ table: SessionTable, name: String, _ ticket: SessionTicket) {
        self.table = table
        self.name = name
        number = ticket.number
        session = ticket.session
    }

    deinit { leave(nil) }

    /// Gives the session back, once; later calls do nothing.
    ///
    /// - Parameter session: what the request made of it; nil leaves it as it was.
    func leave(_ session: Session?) { table.leave(name, number: number, session) }

    /// Notes that a store has what `leave` was given.
    func noteInStore(turn: Int) { table.noteInStore(name, turn: turn) }
}
