import HostCore

/// What a text has behind it before its first token; only texts of one namespace share cached states.
struct CacheNamespace: Hashable, Sendable {
    /// What distinguishes the model's states from others'.
    var model: String
    /// The digest of the state that the text begins from; empty for one that has read nothing.
    var initialState = ""
    /// See `GenerationRequest.cacheSalt`.
    var salt = ""

    /// Different for different namespaces, whatever is in the parts.
    var bytes: [UInt8] {
        [model, initialState, salt].flatMap { Array("\($0.utf8.count) ".utf8) + Array($0.utf8) }
    }
}
