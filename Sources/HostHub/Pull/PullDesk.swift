import Foundation
import HostRuntime

/// Takes orders, carries them out on threads of their own, and reports their progress.
package final class PullDesk: Sendable {
    /// Orders that are carried out at the same time; more are refused.
    private static let mostRunning = 4
    /// Ended ones are remembered, the newest of them.
    private static let mostEnded = 32
    /// Changes that a slow listener may be behind.
    private static let bufferedUpdates = 64

    private struct Entry: Sendable {
        var status: PullStatus
        let cancellation: CancelFlag
    }

    private struct State: Sendable {
        var entries: [Entry] = []
        var count = 0
        var listeners: [Int: AsyncStream<PullStatus>.Continuation] = [:]
        var listenerCount = 0
    }

    private let hub: Hub
    private let state = Guarded(State())

    package init(hub: Hub) { self.hub = hub }

    /// Every order that is remembered, the oldest first.
    package var statuses: [PullStatus] { state.withLock { $0.entries.map(\.status) } }

    package func status(of id: String) -> PullStatus? { statuses.first { $0.id == id } }

    /// Begins to carry an order out.
    ///
    /// - Throws: `HubError.busy` where the same is being done, or too much.
    package func begin(_ order: PullOrder) throws(HubError) -> PullStatus {
        let cancellation = CancelFlag()
        let status = try state.withLock { state throws(HubError) in
            let running = state.entries.filter { !$0.status.isEnded }
            if let same = running.first(where: { $0.status.order == order }) {
                throw HubError(.busy, order.repository.description, "is being fetched already, as \(same.status.id)")
            }
            guard running.count < PullDesk.mostRunning else {
                throw HubError(
                    .busy, order.repository.description, "\(running.count) pulls are running already",
                    advice: "Wait for one of them to end, or cancel it.")
            }
            state.count += 1
            let status = PullStatus(id: "pull-\(state.count)", order: order)
            let ended = state.entries.indices.filter { state.entries[$0].status.isEnded }
            if ended.count >= PullDesk.mostEnded { state.entries.remove(at: ended[0]) }
            state.entries.append(Entry(status: status, cancellation: cancellation))
            return status
        }
        let thread = Thread { [self, hub] in
            Pull(id: status.id, order, hub: hub, cancellation: cancellation) { self.update($0) }.run()
        }
        thread.name = "pull"
        thread.stackSize = 2 << 20
        thread.start()
        return status
    }

    /// Has an order end soon; what has come stays, for the next pull to go on from.
    ///
    /// - Returns: false where there is no such order.
    package func cancel(_ id: String) -> Bool {
        let flag = state.withLock { $0.entries.first { $0.status.id == id }?.cancellation }
        flag?.set()
        return flag != nil
    }

    /// Has all orders end soon.
    package func cancelAll() {
        for flag in state.withLock({ $0.entries.map(\.cancellation) }) { flag.set() }
    }

    /// Every change from now on, of all orders. A listener that is slow misses some: each is a reason to look at `status(of:)`.
    package func updates() -> AsyncStream<PullStatus> {
        let (stream, continuation) = AsyncStream<PullStatus>.makeStream(
            bufferingPolicy: .bufferingNewest(PullDesk.bufferedUpdates))
        let number = state.withLock { state in
            state.listenerCount += 1
            state.listeners[state.listenerCount] = continuation
            return state.listenerCount
        }
        continuation.onTermination = { [weak self] _ in self?.state.withLock { $0.listeners[number] = nil } }
        return stream
    }

    private func update(_ status: PullStatus) {
        state.withLock { state, notices in
            guard let place = state.entries.firstIndex(where: { $0.status.id == status.id }) else { return }
            state.entries[place].status = status
            for listener in state.listeners.values { notices.afterwards { listener.yield(status) } }
        }
    }
}
