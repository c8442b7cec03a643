import HostCore
import HostGeneration
import HostRuntime

/// Responses that can be asked for and gone on from, in memory and, where replicas share a store, there; the oldest go first.
///
/// Going on from one costs no second reading: the conversation's text begins with what the state cache has.
final class ResponseStore: Sendable {
    struct Entry: Sendable {
        /// As JSON, and so are the items of its request.
        let response: [UInt8], items: [UInt8]
        /// The whole conversation up to its end.
        let messages: [ChatMessage]
        /// What it holds of the memory budget.
        var share: MemoryShare?

        var byteCount: Int { response.count + items.count + messages.reduce(0) { $0 + $1.byteCount } }
    }

    static let maximum = 512

    /// The part of the budget that responses may take, so that they never stand in the way of requests for long.
    private static let share = 8

    private struct State: Sendable {
        var entries: [String: Entry] = [:]
        /// The oldest first.
        var order: [String] = []
        /// Responses that are being written, and what stops them.
        var running: [String: @Sendable () -> Void] = [:]

        var byteCount: Int { entries.values.reduce(0) { $0 + ($1.share?.bytes ?? 0) } }

        mutating func dropOldest() { entries[order.removeFirst()] = nil }
    }

    private let state = Guarded(State())
    private let budget: MemoryBudget
    private let shared: SharedValues?
    private let presence: HostPresence?

    init(_ configuration: HostServerConfiguration) {
        budget = configuration.memory
        shared = configuration.shared
        presence = configuration.presence
    }

    private static func key(_ id: String) -> String { SharedValues.key("response", id) }

    func entry(_ id: String) async -> Entry? {
        switch await shared?.value(Self.key(id)) {
        case .value(let bytes): if let entry = Entry(bytes) { return entry }
        case .deleted: return nil
        case .absent, .unknown, nil: break
        }
        return state.withLock { $0.entries[id] }
    }

    /// Keeps a response; the log hears of one for which there is no memory.
    func keep(_ id: String, _ response: JSONValue, items: JSONValue, messages: [ChatMessage], log: Log) async {
        var entry = Entry(response: response.encodedBytes(.python), items: items.encodedBytes(.python), messages: messages)
        await shared?.keep(Self.key(id), entry.encoded)
        let bytes = entry.byteCount, most = budget.limit / Self.share
        guard let share = bytes <= most ? budget.reserve(bytes) : nil else {
            return log.warning("the response \(id) is not stored: its \(bytes) bytes do not fit, at most \(most) are kept")
        }
        entry.share = share
        state.withLock { [entry] state in
            while state.order.count >= Self.maximum || !state.order.isEmpty && state.byteCount + bytes > most {
                state.dropOldest()
            }
            state.entries[id] = entry
            state.order.append(id)
        }
    }

    func remove(_ id: String) async {
        await shared?.delete(Self.key(id))
        state.withLock { state in
            state.order.removeAll { $0 == id }
            state.entries[id] = nil
        }
    }

    // MARK: What is being written

    func begin(_ id: String, stop: @escaping @Sendable () -> Void) {
        presence?.begin(id)
        state.withLock { $0.running[id] = stop }
    }

    func end(_ id: String) {
        presence?.end(id)
        state.withLock { $0.running[id] = nil }
    }

    /// Those that are being written on this host.
    var running: [String] { state.withLock { Array($0.running.keys) } }

    /// - Returns: whether such a response was being written on this host.
    func stopHere(_ id: String) -> Bool {
        let stop = state.withLock { $0.running[id] }
        stop?()
        return stop != nil
    }

    /// - Returns: whether such a response was being written, here or on another replica.
    func stop(_ id: String) async -> Bool {
        if stopHere(id) { return true }
        return await presence?.stop(id) == true
    }
}

extension ResponseStore.Entry {
    /// As replicas share it.
    fileprivate var encoded: [UInt8] {
        let value: JSONValue = [
            "response": .string(String(decoding: response, as: UTF8.self)), "items": .string(String(decoding: items, as: UTF8.self)),
            "messages": .array(messages.map(\.json)),
        ]
        return value.encodedBytes(.compact)
    }

    /// Nil for what this version does not understand.
    fileprivate init?(_ bytes: [UInt8]) {
        guard let value = try? JSONValue(parsing: bytes), let response = value["response"]?.stringValue,
            let items = value["items"]?.stringValue, let list = value["messages"], let messages = try? ChatMessage.list(list)
        else { return nil }
        self.init(response: Array(response.utf8), items: Array(items.utf8), messages: messages)
    }
}

extension ChatMessage {
    fileprivate var byteCount: Int {
        content.utf8.count + toolCalls.reduce(64) { $0 + 64 + $1.name.utf8.count + $1.arguments.utf8.count }
    }

    /// As `ChatMessage.list` reads it.
    fileprivate var json: JSONValue {
        var object = JSONObject([("role", .string(role.rawValue)), ("content", .string(content))])
        if !toolCalls.isEmpty {
            object["tool_calls"] = .array(
                toolCalls.map { call in
                    ["id": .string(call.id), "function": ["name": .string(call.name), "arguments": .string(call.arguments)]]
                })
        }
        if let toolCallID { object["tool_call_id"] = .string(toolCallID) }
        if let name { object["name"] = .string(name) }
        return .object(object)
    }
}
