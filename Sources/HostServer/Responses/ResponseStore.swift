import HostCore
import HostRuntime

/// Responses that can be asked for and gone on from, in memory; the oldest go first.
///
/// Going on from one costs no second reading: the conversation's text begins with what the state cache has.
final class ResponseStore: Sendable {
    struct Entry: Sendable {
        /// As JSON, and so are the items of its request.
        let response: [UInt8], items: [UInt8]
        /// The whole conversation up to its end.
        let messages: [ChatMessage]
        /// What it holds of the memory budget.
        let share: MemoryShare
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

        var byteCount: Int { entries.values.reduce(0) { $0 + $1.share.bytes } }

        mutating func dropOldest() { entries[order.removeFirst()] = nil }
    }

    private let state = Guarded(State())
    private let budget: MemoryBudget

    init(_ budget: MemoryBudget) { self.budget = budget }

    func entry(_ id: String) -> Entry? { state.withLock { $0.entries[id] } }

    /// Keeps a response; the log hears of one for which there is no memory.
    func keep(_ id: String, _ response: JSONValue, items: JSONValue, messages: [ChatMessage], log: Log) {
        let response = response.encodedBytes(.python), items = items.encodedBytes(.python)
        let bytes = response.count + items.count + messages.reduce(0) { $0 + $1.byteCount }, most = budget.limit / Self.share
        let share = bytes <= most ? budget.reserve(bytes) : nil
        guard let share else {
            return log.warning("the response \(id) is not stored: its \(bytes) bytes do not fit, at most \(most) are kept")
        }
        let entry = Entry(response: response, items: items, messages: messages, share: share)
        state.withLock { state in
            while state.order.count >= Self.maximum || !state.order.isEmpty && state.byteCount + bytes > most {
                state.dropOldest()
            }
            state.entries[id] = entry
            state.order.append(id)
        }
    }

    func remove(_ id: String) {
        state.withLock { state in
            state.order.removeAll { $0 == id }
            state.entries[id] = nil
        }
    }

    // MARK: What is being written

    func begin(_ id: String, stop: @escaping @Sendable () -> Void) { state.withLock { $0.running[id] = stop } }

    func end(_ id: String) { state.withLock { $0.running[id] = nil } }

    /// - Returns: whether such a response was being written.
    func stop(_ id: String) -> Bool {
        let stop = state.withLock { $0.running[id] }
        stop?()
        return stop != nil
    }
}

extension ChatMessage {
    fileprivate var byteCount: Int {
        content.utf8.count + toolCalls.reduce(64) { $0 + 64 + $1.name.utf8.count + $1.arguments.utf8.count }
    }
}
