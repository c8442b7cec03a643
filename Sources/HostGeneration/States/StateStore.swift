package import HostCore
import HostRuntime
package import HostStore
import Dispatch

/// The tier that hosts share: states in a store, by what their texts are, so that any replica goes on with any chat.
///
/// A state lies under the digest of its tokens, of the model's fingerprint, the tenant and what else its text began from. Which
/// lengths there are is in a map of 512 bits for each beginning of a round number of tokens, so that finding the longest one takes
/// three questions whatever the text: the maps, the sizes of the candidates, and the state.
package final class StateStore: Sendable {
    /// States that wait to be encoded; where the store is slower than the requests, further ones are not kept.
    private static let maximumWaiting = 16
    /// A shorter rest is read sooner than asked for.
    private static let fewestTokens = 8
    /// Candidates whose sizes are asked for, the longest first.
    private static let maximumCandidates = 256
    /// Bytes of states that come over at the same time; a request that would bring more reads its prompt instead.
    private static let maximumFetching = 256 << 20

    private struct Work: Sendable {
        var waitingCount = 0
        var fetchingBytes = 0
    }

    private let store: any SharedStore
    private let seconds: Int
    private let log: Log
    private let work = Guarded(Work())
    private let writer = DispatchQueue(label: "state-store")

    /// - Parameter seconds: how long a state stays that is not written again.
    package init(_ store: any SharedStore, seconds: Int, log: Log) {
        self.store = store
        self.seconds = seconds
        self.log = log
    }

    private static func stateKey(_ key: PrefixDigest.Key, _ shape: StateShape) -> String {
        "\(StoreKey.layout):\(shape.fingerprint):state:\(SHA256.hexadecimal(key.digest))"
    }

    private static func mapKey(_ anchor: PrefixDigest.Key, _ shape: StateShape) -> String {
        "\(StoreKey.layout):\(shape.fingerprint):lengths:\(SHA256.hexadecimal(anchor.digest))"
    }

    /// Waits until what is kept has reached the store; not for long where that is slow.
    package func finish() async {
        await withCheckedContinuation { continuation in
            writer.async { continuation.resume() }
        }
        _ = await store.write([.ping])
    }
}

extension StateStore: StateTier {
    var level: StateLevel { .store }

    func find(in text: PrefixText, beyond known: Int, of shape: StateShape) async -> Found? {
        guard text.tokens.count - known >= Self.fewestTokens else { return nil }
        let anchors = text.anchors(beyond: known)
        guard let maps = await store.ask(anchors.map { .get(Self.mapKey($0, shape)) }) else { return nil }
        let lengths = zip(anchors, maps).flatMap { anchor, map in Self.offsets(map).map { anchor.count + $0 } }
            .filter { known < $0 && $0 <= text.tokens.count }
        let candidates = text.keys(at: lengths.suffix(Self.maximumCandidates))
        guard !candidates.isEmpty, let sizes = await store.ask(candidates.map { .length(Self.stateKey($0, shape)) }) else { return nil }
        for (key, size) in zip(candidates, sizes).reversed() {
            guard case .integer(let size) = size, (1...shape.maximumFile).contains(size) else { continue }
            // One that is there and of no use is not worth the time of another.
            guard let entry = await fetch(key, size, of: shape), key.count < text.tokens.count || entry.logits != nil else { return nil }
            return (key, entry)
        }
        return nil
    }

    /// The numbers of the bits that are set; the first bit is the highest of the first byte.
    private static func offsets(_ map: RESPValue) -> [Int] {
        guard case .bytes(let bytes) = map, bytes.count <= PrefixDigest.anchorInterval / 8 else { return [] }
        return bytes.indices.flatMap { index in (0..<8).filter { bytes[index] & 0x80 >> $0 != 0 }.map { 8 * index + $0 } }
    }

    private func fetch(_ key: PrefixDigest.Key, _ size: Int, of shape: StateShape) async -> StateCache.Entry? {
        let hasRoom = work.withLock { work in
            guard work.fetchingBytes + size <= Self.maximumFetching else { return false }
            work.fetchingBytes += size
            return true
        }
        guard hasRoom else { return nil }
        defer { work.withLock { $0.fetchingBytes -= size } }
        let name = Self.stateKey(key, shape)
        guard case .bytes(let bytes) = await store.ask([.get(name)])?.first else { return nil }
        do {
            return try await WorkerPool.shared.run { try shape.entry(bytes, for: key, as: name) }
        } catch let error as GenerationError {
            log.warning("state store: \(error); it is deleted, and the text is read again")
            store.tell([.delete(name)])
        } catch {
            // The one that asked has left.
        }
        return nil
    }

    func keep(_ entry: StateCache.Entry, at place: PrefixDigest.Place, of shape: StateShape) -> Bool {
        let isAccepted = work.withLock { work in
            guard work.waitingCount < Self.maximumWaiting else { return false }
            work.waitingCount += 1
            return true
        }
        guard isAccepted else { return false }
        writer.async { [self] in
            let map = Self.mapKey(place.anchor, shape)
            store.tell([
                .set(Self.stateKey(place.key, shape), shape.encoded(entry, for: place.key), seconds: seconds),
                .setBit(map, place.offset), .expire(map, seconds: seconds),
            ])
            work.withLock { $0.waitingCount -= 1 }
        }
        return true
    }
}

extension StateStore: Hashable {
    package static func == (left: StateStore, right: StateStore) -> Bool { left === right }

    package func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
