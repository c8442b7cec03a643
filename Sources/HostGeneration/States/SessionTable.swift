import HostCore
import Synchronization

/// A text that goes on from request to request.
struct Session: Sendable {
    var snapshot: StateSnapshot
    /// How many tokens the state has read.
    var tokenCount: Int
    /// Tokens that belong to the text and are read before the next prompt: the last one drawn never was fed.
    var pending: [TokenID]
}

/// The sessions of one model, by the names that clients gave them.
///
/// One request at a time goes on from a session. None is dropped to make room, since its client could not tell; one
/// that nobody used for long is.
final class SessionTable: Sendable {
    private struct Slot {
        var session: Session?
        var isBusy = false
        var lastUse = ContinuousClock.now
    }

    private static let idleTime = Duration.seconds(3600)
    private static let maximumName = 128
    private let maximumCount: Int
    private let capacity: Int
    private let slots = Mutex<[String: Slot]>([:])

    /// - Parameter capacity: bytes of states beyond which no new session begins.
    init(maximumCount: Int, capacity: Int) {
        self.maximumCount = maximumCount
        self.capacity = capacity
    }

    /// Takes a session for one request; nil is a new one. `leave` gives it back.
    ///
    /// - Throws: `GenerationError.overloaded` while another request has it, or when there are too many.
    func enter(_ name: String) throws(GenerationError) -> Session? {
        guard (1...SessionTable.maximumName).contains(name.utf8.count) else {
            throw GenerationError(
                .invalidParameter, "session_id",
                "must have 1 to \(SessionTable.maximumName) bytes, not \(name.utf8.count)")
        }
        guard !name.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F || $0 == "/" || $0 == "\\" })
        else {
            throw GenerationError(.invalidParameter, "session_id", "must not hold slashes or control characters")
        }
        return try slots.withLock { slots throws(GenerationError) in
            if var slot = slots[name] {
                guard !slot.isBusy else {
                    throw GenerationError(.overloaded, "session_id", "another request is using this session")
                }
                slot.isBusy = true
                slots[name] = slot
                return slot.session
            }
            if isFull(slots) {
                let oldest = ContinuousClock.now - SessionTable.idleTime
                slots = slots.filter { $0.value.isBusy || $0.value.lastUse > oldest }
            }
            guard !isFull(slots) else {
                throw GenerationError(.overloaded, "session_id", "there are \(slots.count) sessions already")
            }
            slots[name] = Slot(isBusy: true)
            return nil
        }
    }

    /// - Parameter session: what the request left; nil leaves the session as it was.
    func leave(_ name: String, _ session: Session?) {
        slots.withLock { slots in
            guard var slot = slots[name] else { return }
            slot.session = session ?? slot.session
            slot.isBusy = false
            slot.lastUse = .now
            slots[name] = slot.session == nil ? nil : slot
        }
    }

    private func isFull(_ slots: [String: Slot]) -> Bool {
        let numbers = slots.values.reduce(0) { $0 + ($1.session?.snapshot.values.count ?? 0) }
        return slots.count >= maximumCount || numbers * MemoryLayout<Float>.stride >= capacity
    }
}
