import Dispatch

/// Runs work that waits for files on threads of its own, away from the few that all tasks share.
enum FileWork {
    /// Listings, one after another: each may look into every file of the model folder.
    static let listings = DispatchQueue(label: "modelhost.listings", qos: .utility)
    /// Looks at one model, side by side: a text may wait for it.
    static let names = DispatchQueue(label: "modelhost.names", qos: .userInitiated, attributes: .concurrent)
    /// Looks at whether a model's files are as they were.
    static let checks = DispatchQueue(label: "modelhost.checks", qos: .utility)

    static func run<Value: Sendable>(_ queue: DispatchQueue, _ work: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: work()) }
        }
    }
}
