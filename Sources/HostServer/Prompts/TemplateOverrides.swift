import Synchronization

/// Templates that loads through the API brought for their models, until the next load of the same one; they take the place
/// of the host's own, too.
final class TemplateOverrides: Sendable {
    private let sources = Mutex<[String: String]>([:])

    /// - Parameter source: nil leaves the model its own.
    func set(_ source: String?, for model: String) { sources.withLock { $0[model] = source } }

    func source(for model: String) -> String? { sources.withLock { $0[model] } }
}
