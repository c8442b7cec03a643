import HostCore

/// Where states of beginnings may be.
enum StateLevel: Sendable {
    case memory, folder, store
}

/// One place where states of beginnings are kept: memory, files, a store that hosts share.
///
/// Correctness never depends on one. Whatever a tier gives has been checked: it is of this model, of exactly these tokens, and
/// whole. A tier that cannot answer soon says that it has nothing.
protocol StateTier: Sendable {
    typealias Found = (key: PrefixDigest.Key, entry: StateCache.Entry)

    /// Where the counters count what is found here.
    var level: StateLevel { get }

    /// The longest beginning of a text that a request can go on from; of the whole text only with the logits after it.
    ///
    /// - Parameter known: only longer ones are of use.
    func find(in text: PrefixText, beyond known: Int, of shape: StateShape) async -> Found?

    /// Keeps a state, at once or later; false where it is known already or there is no room.
    @discardableResult
    func keep(_ entry: StateCache.Entry, at place: PrefixDigest.Place, of shape: StateShape) -> Bool
}
