package import HostRuntime
import Synchronization

/// The body of a request: bytes that are taken out once, so that nothing keeps them while the answer is made.
package final class HTTPBody: Sendable {
    private let bytes: Mutex<[UInt8]>
    /// How many bytes were sent, also after they have been taken.
    package let count: Int
    /// What the body holds of the memory budget. The taker of the bytes shrinks it to what is kept of them; the rest goes
    /// back with the request.
    package let share: MemoryShare

    package init(_ bytes: [UInt8] = [], share: MemoryShare = MemoryBudget.unlimited.emptyShare()) {
        count = bytes.count
        self.bytes = Mutex(bytes)
        self.share = share
    }

    package var isEmpty: Bool { count == 0 }

    /// The bytes, which are no longer here afterwards; empty the second time.
    package func take() -> [UInt8] {
        bytes.withLock { bytes in
            defer { bytes = [] }
            return bytes
        }
    }
}
