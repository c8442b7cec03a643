import HostCore
package import HostStore

/// Values of the HTTP side in the store that replicas share, each with a checksum.
package struct SharedValues: Sendable {
    enum Found: Equatable, Sendable {
        case value([UInt8])
        /// It has been deleted.
        case deleted
        /// There is none, or it is damaged.
        case absent
        /// The store is away.
        case unknown
    }

    private static let checksumSize = 32

    let store: any SharedStore
    /// How long a value stays that is not written again.
    let seconds: Int

    package init(_ store: any SharedStore, seconds: Int) {
        self.store = store
        self.seconds = seconds
    }

    static func key(_ kind: String, _ name: String) -> String { "\(StoreKey.layout):\(kind):\(name)" }

    func value(_ key: String) async -> Found {
        guard let answer = await store.ask([.get(key)])?.first else { return .unknown }
        guard case .bytes(let bytes) = answer else { return .absent }
        if bytes.isEmpty { return .deleted }
        guard bytes.count > Self.checksumSize else { return .absent }
        let value = Array(bytes.dropFirst(Self.checksumSize))
        return SHA256.digest(of: value) == Array(bytes.prefix(Self.checksumSize)) ? .value(value) : .absent
    }

    /// Waits until it is there, for a moment.
    func keep(_ key: String, _ value: [UInt8]) async {
        _ = await store.write([.set(key, SHA256.digest(of: value) + value, seconds: seconds)])
    }

    /// Leaves a note that it was deleted, so that hosts which have it drop it, too.
    func delete(_ key: String) async { _ = await store.write([.set(key, [], seconds: seconds)]) }
}
