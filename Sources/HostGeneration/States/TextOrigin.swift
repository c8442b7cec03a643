import HostCore

/// What a text has behind it before its first token; only texts of one origin share states.
struct TextOrigin: Hashable, Sendable {
    /// What tells the model's states from others.
    var model: String
    /// The digest of the state that the text begins from; empty for one that has read nothing.
    var initialState = ""
    /// See `GenerationRequest.cacheSalt`.
    var salt = ""

    /// Different for different origins, whatever is in the parts.
    var bytes: [UInt8] {
        [model, initialState, salt].flatMap { Array("\($0.utf8.count) ".utf8) + Array($0.utf8) }
    }
}
