import Foundation
import HostCore
import HostRuntime
import HostStore

/// The page's conversations: in the folder of this host, and where replicas share a store there first, so that all of them
/// show the same.
///
/// The folder then is a copy: it is written beside the store, and read where the store is away or has lost what it had.
struct SharedChats: Sendable {
    private static let index = SharedValues.key("chats", "index")
    private static let revisionSize = 8
    /// Takes a value whose checksum begins as the last change left it for another one, and notes it in the index.
    private static let put = """
        local now = redis.call('GETRANGE', KEYS[1], 0, 7)
        if now ~= ARGV[1] then return now end
        if redis.call('HEXISTS', KEYS[2], ARGV[3]) == 0 and redis.call('HLEN', KEYS[2]) >= tonumber(ARGV[5]) then return -1 end
        redis.call('SET', KEYS[1], ARGV[2])
        redis.call('HSET', KEYS[2], ARGV[3], ARGV[4])
        return 1
        """
    /// Leaves an empty value, by which other hosts know that their copies are to go.
    private static let delete = """
        redis.call('SET', KEYS[1], '')
        redis.call('HDEL', KEYS[2], ARGV[1])
        return 1
        """

    private let folder: ChatFolder
    private let shared: SharedValues?

    /// - Throws: 404 where this host keeps no copies.
    init(_ configuration: HostServerConfiguration) throws(APIError) {
        folder = try ChatFolder(configuration)
        shared = configuration.shared
    }

    private static func key(_ id: String) -> String { SharedValues.key("chat", id) }

    /// What there is, without the messages, the newest first.
    func list() async throws -> [ChatFolder.Entry] {
        let own = try await WorkerPool.shared.run(.large) { [folder] in folder.list() }
        guard let shared, case .list(let fields) = await shared.store.ask([.fields(of: Self.index)])?.first else { return own }
        let found = stride(from: 0, to: fields.count - 1, by: 2).compactMap { Self.summary(fields[$0], fields[$0 + 1]) }
        let known = Set(found.map(\.entry.id)), others = own.filter { !known.contains($0.id) }
        let answers = others.isEmpty ? [] : await shared.store.ask(others.map { .exists(Self.key($0.id)) }) ?? []
        var entries = found.sorted { $0.time > $1.time }.map(\.entry)
        for (entry, exists) in zip(others, answers) {
            if exists == .integer(0) {
                entries.append(entry)
            } else {
                // It was deleted on another host.
                try await WorkerPool.shared.run { [folder] in try folder.delete(entry.id, revision: nil) }
            }
        }
        return entries
    }

    private static func summary(_ id: RESPValue, _ value: RESPValue) -> (time: Double, entry: ChatFolder.Entry)? {
        guard case .bytes(let id) = id, case .bytes(let bytes) = value, let object = try? JSONValue(parsing: bytes),
            let revision = object["revision"]?.stringValue, let chat = object["chat"]?.objectValue
        else { return nil }
        return (object["time"]?.doubleValue ?? 0, ChatFolder.Entry(id: String(decoding: id, as: UTF8.self), revision: revision, chat: chat))
    }

    func entry(_ id: String) async throws -> ChatFolder.Entry? { try await found(id).entry }

    /// - Returns: what there is, and whether the store has it or has it deleted.
    private func found(_ id: String) async throws -> (entry: ChatFolder.Entry?, state: SharedValues.Found) {
        try ChatFolder.check(id)
        let state = await shared?.value(Self.key(id)) ?? .unknown
        switch state {
        case .value(let bytes):
            if let chat = try? JSONValue(parsing: bytes).objectValue {
                return (ChatFolder.Entry(id: id, revision: ChatFolder.revision(of: bytes), chat: chat), state)
            }
        case .deleted: return (nil, state)
        case .absent, .unknown: break
        }
        return (try await WorkerPool.shared.run(.large) { [folder] in try folder.entry(id) }, state)
    }

    /// - Parameter revision: of what is there; nil where nothing is.
    /// - Throws: 409 where something else is there.
    func put(_ id: String, _ chat: JSONObject, revision: String?) async throws -> String {
        let (now, state) = try await found(id)
        guard let shared, state != .unknown else {
            return try await WorkerPool.shared.run(.large) { [folder] in try folder.put(id, chat, revision: revision) }
        }
        guard now?.revision == revision else { throw APIError.conflict(now?.revision, revision) }
        let bytes = try ChatFolder.encoded(chat), sum = SHA256.digest(of: bytes)
        var before: [UInt8] = []
        if case .value(let bytes) = state { before = Array(SHA256.digest(of: bytes).prefix(Self.revisionSize)) }
        var summary = chat
        summary["messages"] = nil
        let text: JSONValue = [
            "revision": .string(ChatFolder.revision(of: bytes)), "chat": .object(summary), "time": .number(Date().timeIntervalSince1970),
        ]
        let answer = await shared.store.ask([
            .script(
                Self.put, keys: [Self.key(id), Self.index],
                [
                    before, sum + bytes, Array(id.utf8), text.encodedBytes(.compact), Array("\(ChatFolder.maximumCount)".utf8),
                ])
        ])?.first
        if case .bytes = answer { throw APIError.conflict(try await entry(id)?.revision, revision) }
        if answer == .integer(-1) { throw APIError.tooManyChats }
        return try await WorkerPool.shared.run(.large) { [folder] in try folder.put(id, chat, revision: nil, isCopy: true) }
    }

    func delete(_ id: String, revision: String?) async throws {
        guard let shared else {
            return try await WorkerPool.shared.run { [folder] in try folder.delete(id, revision: revision) }
        }
        if let revision {
            let now = try await entry(id)?.revision
            guard now == revision else { throw APIError.conflict(now, revision) }
        }
        try await WorkerPool.shared.run { [folder] in try folder.delete(id, revision: nil) }
        _ = await shared.store.ask([.script(Self.delete, keys: [Self.key(id), Self.index], [Array(id.utf8)])])
    }
}
