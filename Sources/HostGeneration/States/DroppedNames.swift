/// Names of sessions that were dropped, with the reasons, until they are reported; the last few thousand.
struct DroppedNames {
    private static let maximumCount = 4096
    private var reasons: [String: String] = [:]
    /// The oldest first; may hold names that have been reported by now.
    private var order: [String] = []

    mutating func add(_ name: String, _ reason: String) {
        reasons[name] = reason
        order.append(name)
        guard order.count >= 2 * DroppedNames.maximumCount else { return }
        order.removeFirst(order.count - DroppedNames.maximumCount)
        let kept = Set(order)
        reasons = reasons.filter { kept.contains($0.key) }
    }

    /// The reason for which a name was dropped, only once.
    mutating func take(_ name: String) -> String? { reasons.removeValue(forKey: name) }
}
