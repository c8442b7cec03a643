package import HostCore
import HostRuntime
package import HostStore

/// Sessions that any host of several goes on with, through the store that they share.
///
/// A host that begins a turn puts its name on the session, and takes it off when the turn's state is in the store, not before;
/// a host that finds the name of another one, which is alive, says that the session is in use. The session of a host that is gone is
/// taken over as its last whole turn left it. Where the store takes no names, as it is full, only the host that had the last turn
/// goes on. While the store is away every host goes on with what it has itself.
package final class SharedSessions: Sendable {
    private static let numberSize = 8
    /// The state and the name change together, or not at all where the store is full.
    private static let leaving = "redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2]) redis.call('DEL', KEYS[2]) return 1"

    private let store: any SharedStore
    private let presence: HostPresence
    private let seconds: Int
    private let log: Log

    /// - Parameter seconds: how long an idle session stays.
    package init(_ store: any SharedStore, presence: HostPresence, seconds: Int, log: Log) {
        self.store = store
        self.presence = presence
        self.seconds = seconds
        self.log = log
    }

    /// Takes a session for a turn of this host.
    ///
    /// - Parameter local: what this host has of it.
    /// - Returns: what the turn goes on from; nil for a new one.
    /// - Throws: `GenerationError.overloaded` while another host has it, or where its newest state cannot be had now;
    ///   `.sessionNotFound` where that is damaged.
    func begin(_ name: String, local: Session?, of shape: StateShape) async throws(GenerationError) -> Session? {
        let keys = Keys(name, shape)
        let answers = await store.ask([
            .claim(keys.mark, for: presence.name, seconds: HostPresence.markSeconds), .get(keys.mark), .beginning(of: keys.state, count: Self.numberSize),
        ])
        guard let answers else { return local }
        if case .bytes(let holder) = answers[1], String(decoding: holder, as: UTF8.self) != presence.name {
            guard await !presence.isAlive(String(decoding: holder, as: UTF8.self)) else {
                throw GenerationError(.overloaded, "session_id", "another request is using this session on another host")
            }
            store.tell([.set(keys.mark, Array(presence.name.utf8), seconds: HostPresence.markSeconds)])
        }
        presence.hold(keys.mark)
        guard let turn = Self.turn(answers[2]), turn > local?.turn ?? 0 else { return local }
        if case .failure = answers[0] {
            presence.letGo(keys.mark)
            throw GenerationError(
                .overloaded, "session_id", "its last turn was on another host, and the state store takes nothing at the moment",
                advice: "Try again, or send the whole text without session_id.")
        }
        do {
            return try await fetch(name, turn, keys, shape)
        } catch {
            release(name, of: shape)
            throw error
        }
    }

    private func fetch(_ name: String, _ turn: Int, _ keys: Keys, _ shape: StateShape) async throws(GenerationError) -> Session {
        guard case .bytes(let bytes) = await store.ask([.get(keys.state)])?.first else {
            throw GenerationError(
                .overloaded, "session_id", "its last turn was on another host, and the state store does not give it in time",
                advice: "Try again.")
        }
        do {
            return try await WorkerPool.shared.run {
                let state = try shape.decode(Array(bytes.dropFirst(Self.numberSize)), as: "session \"\(name)\"")
                guard state.identity == Self.identity(name, turn) else {
                    throw GenerationError(.stateMismatch, "session \"\(name)\"", "is not the turn that its number says")
                }
                return Session(snapshot: state.snapshot, tokenCount: state.tokenCount, pending: state.pending, turn: turn)
            }
        } catch {
            log.warning("state store: \(error); the session is deleted")
            store.tell([.delete(keys.state)])
            throw GenerationError(
                .sessionNotFound, "session_id", "session \"\(name)\" was not found: what the state store has of it is damaged",
                advice: "Send the whole text again; the next request with this session_id begins a new one.")
        }
    }

    /// Gives a session back as it was.
    func release(_ name: String, of shape: StateShape) {
        let mark = Keys(name, shape).mark
        presence.letGo(mark)
        store.tell([.delete(mark)])
    }

    /// Gives a session back with the state that its turn left.
    ///
    /// - Returns: whether the store has it.
    func end(_ name: String, _ session: Session, of shape: StateShape) async -> Bool {
        let keys = Keys(name, shape)
        let bytes = try? await WorkerPool.shared.run {
            Self.bytes(session.turn)
                + StateFile(
                    model: shape.fingerprint, snapshot: session.snapshot, tokenCount: session.tokenCount, pending: session.pending,
                    identity: Self.identity(name, session.turn)
                ).encoded()
        }
        guard let bytes else { return false }
        let isKept = await store.write([
            .script(
                Self.leaving, keys: [keys.state, keys.mark], [bytes, Array(String(seconds).utf8)])
        ])
        if isKept { presence.letGo(keys.mark) }
        return isKept
    }

    private struct Keys {
        let state: String
        let mark: String

        init(_ name: String, _ shape: StateShape) {
            let digest = SHA256.hexadecimal(SHA256.digest(of: Array(name.utf8)))
            state = "\(StoreKey.layout):\(shape.fingerprint):session:\(digest)"
            mark = "\(StoreKey.layout):\(shape.fingerprint):turn:\(digest)"
        }
    }

    private static func identity(_ name: String, _ turn: Int) -> String { "session \(turn) \(name)" }

    /// A number as the first bytes of a value, little-endian.
    private static func bytes(_ turn: Int) -> [UInt8] { (0..<numberSize).map { UInt8(truncatingIfNeeded: turn >> (8 * $0)) } }

    private static func turn(_ value: RESPValue) -> Int? {
        guard case .bytes(let bytes) = value, bytes.count == numberSize else { return nil }
        let turn = bytes.enumerated().reduce(UInt64(0)) { $0 | UInt64($1.element) << (8 * UInt64($1.offset)) }
        return Int(exactly: turn)
    }
}

extension SharedSessions: Hashable {
    package static func == (left: SharedSessions, right: SharedSessions) -> Bool { left === right }

    package func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
