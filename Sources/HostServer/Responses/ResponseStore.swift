import HostCore
import HostRuntime

/// Responses that can be asked for and gone on from, in memory; the oldest go first.
///
/// Going on from one costs no second reading: the conversation's text begins with what the state cache has.
final class ResponseStore: Sendable {
    struct Entry: Sendable {
        let response: JSONValue
        /// The items of its request, each with an id.
        let items: [JSONValue]
        /// The whole conversation up to its end.
        let messages: [ChatMessage]
        /// What it holds of the memory budget.
        let share: MemoryShare
    }

    static let maximum = 512

    private struct State: Sendable {
        var entries: [String: Entry] = [:]
        /// The oldest first.
        var order: [String] = []
        /// Responses that are being written, and what stops them.
        var running: [String: @Sendable () -> Void] = [:]
    }

    private let state = Guarded(State())
    private let budget: MemoryBudget

    init(_ budget: MemoryBudget) { self.budget = budget }

    func entry(_ id: String) -> Entry? { state.withLock { $0.entries[id] } }

    /// Keeps a response, unless there is no memory for it even without the older ones.
    func keep(_ id: String, _ response: JSONValue, items: [JSONValue], messages: [ChatMessage]) {
        let bytes = 2 * response.encodedBytes().count + messages.reduce(0) { $0 + $1.content.utf8.count }
            + items.reduce(0) { $0 + $1.encodedBytes().count }
        var share = budget.reserve(bytes)
        while share == nil, dropOldest() { share = budget.reserve(bytes) }
        guard let share else { return }
        let entry = Entry(response: response, items: items, messages: messages, share: share)
        state.withLock { state in
            state.entries[id] = entry
            state.order.append(id)
            while state.order.count > Self.maximum { state.entries[state.order.removeFirst()] = nil }
        }
    }

    /// - Returns: whether there was such a response.
    func remove(_ id: String) -> Bool {
        state.withLock { state in
            state.order.removeAll { $0 == id }
            return state.entries.removeValue(forKey: id) != nil
        }
    }

    private func dropOldest() -> Bool {
        state.withLock { state in
            guard !state.order.isEmpty else { return false }
            state.entries[state.order.removeFirst()] = nil
            return true
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
