/// How far a pull has come.
package struct PullStatus: Sendable, Equatable {
    package enum Phase: String, Sendable {
        /// Asks the hub what there is.
        case listing
        case fetching
        /// Compares a file that is there with the hub's list.
        case checking
        case finished, failed, cancelled
    }

    package struct File: Sendable, Equatable {
        package let name: String
        /// Below the model folder.
        package let path: String
        package let byteCount: Int
        package var completedBytes = 0
        /// Whether it was there, the same, before.
        package var wasThere = false

        package init(name: String, path: String, byteCount: Int) {
            (self.name, self.path, self.byteCount) = (name, path, byteCount)
        }
    }

    package let id: String
    package let order: PullOrder
    package var phase = Phase.listing
    package var commit: String?
    package var files: [File] = []
    /// The place in `files` of the one that is being fetched.
    package var current: Int?
    /// On the disk, before anything was fetched.
    package var freeBytes: Int?
    /// Nil until there is something to measure.
    package var bytesPerSecond: Int?
    /// Why nothing comes at the moment, while it is being waited for another try.
    package var obstacle: String?
    /// What the user should know.
    package var notes: [String] = []
    package var failure: HubError?
    /// Names by which what came can be loaded.
    package var models: [String] = []

    package init(id: String, order: PullOrder) {
        self.id = id
        self.order = order
    }

    /// Forgets the file that was added last.
    mutating func dropLastFile() {
        files.removeLast()
        current = nil
    }

    package var totalBytes: Int { files.reduce(0) { $0 + $1.byteCount } }
    package var completedBytes: Int { files.reduce(0) { $0 + $1.completedBytes } }

    package var secondsLeft: Int? {
        guard phase == .fetching, let bytesPerSecond, bytesPerSecond > 0 else { return nil }
        return (totalBytes - completedBytes + bytesPerSecond - 1) / bytesPerSecond
    }

    package var isEnded: Bool {
        switch phase {
        case .listing, .fetching, .checking: false
        case .finished, .failed, .cancelled: true
        }
    }
}
