/// Values that several hosts share. Its users must do without it as well: it may be slow, full, wrong or gone.
package protocol SharedStore: Sendable {
    /// Asks and waits for all answers, in order; nil where the store is away or does not answer in time.
    func ask(_ commands: [StoreCommand]) async -> [RESPValue]?

    /// Asks without waiting; what cannot be sent soon is dropped.
    func tell(_ commands: [StoreCommand])

    /// Writes and waits until it is done: false where it is not, or not in time.
    func write(_ commands: [StoreCommand]) async -> Bool

    var statistics: StoreStatistics { get }
}

/// What every key of the store begins with.
package enum StoreKey {
    /// Hosts that read other layouts of values have another number, and never meet these.
    package static let layout = "modelhost:1"
}

/// What a store was asked and did.
package struct StoreStatistics: Sendable, Equatable {
    package var isUp = false
    /// Questions that were answered, came too late, and were not asked as the store was away or busy.
    package var answered = 0
    package var late = 0
    package var skipped = 0
    /// Time that answered questions took, in seconds.
    package var seconds = 0.0
    /// Commands written behind: done, refused by the store, dropped as it was away or busy.
    package var written = 0
    package var refused = 0
    package var dropped = 0
    package var bytesSent = 0
    package var bytesReceived = 0
    /// How often the store was lost.
    package var losses = 0

    package init() {}
}
