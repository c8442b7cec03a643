import HostCore

/// States that the cache is to keep, some of them still on their way from a device.
///
/// A device need not stop for a state that is worth keeping: it is asked for at once and stored after a later pass, when it
/// has long come over. Lives on the compute thread.
final class KeptStates {
    private struct Coming {
        let snapshot: PendingSnapshot
        let logits: [Float]?
        let place: PrefixDigest.Place
        let isOnTheWay: Bool
    }

    let cache: StateCache
    private var coming: [Coming] = []

    init(_ cache: StateCache) { self.cache = cache }

    /// Keeps a state as it is now.
    ///
    /// - Parameters:
    ///   - logits: what follows the last token, where it is known.
    ///   - isOnTheWay: whether the text goes on, so that the state only serves those that leave it here.
    func keep(_ state: any RecurrentState, logits: [Float]?, at place: PrefixDigest.Place, isOnTheWay: Bool = false) {
        let item = Coming(snapshot: state.pendingSnapshot(), logits: logits, place: place, isOnTheWay: isOnTheWay)
        if item.snapshot.known == nil { coming.append(item) } else { store(item) }
    }

    /// Stores what was asked for before; waits for what has not come yet.
    func settle() {
        for item in coming { store(item) }
        coming.removeAll(keepingCapacity: true)
    }

    /// A state with NaN in it is useless, and one that a device lost is not there.
    private func store(_ item: Coming) {
        guard let snapshot = try? item.snapshot.value(), snapshot.values.allSatisfy(\.isFinite) else { return }
        cache.store(StateCache.Entry(snapshot: snapshot, logits: item.logits, isOnTheWay: item.isOnTheWay), at: item.place)
    }
}
