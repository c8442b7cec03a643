import Foundation
import HostHTTP
import HostRuntime

/// One connection to a store and the thread that it lives on: commands go out one behind the other without waiting for answers,
/// which come in the same order. Comes back by itself after it was lost.
final class StoreConnection: Sendable {
    /// Commands that belong together.
    struct Batch: Sendable {
        let bytes: [UInt8]
        /// How many answers follow.
        let count: Int
        /// When the waiter stops waiting for the answer, which is dropped when it comes.
        let deadline: ContinuousClock.Instant
        /// Called once, on the connection's thread or at once; nil where there is no answer, or none in time.
        let finish: @Sendable ([RESPValue]?) -> Void

        init(_ commands: [StoreCommand], by deadline: ContinuousClock.Instant, finish: @escaping @Sendable ([RESPValue]?) -> Void) {
            var bytes: [UInt8] = []
            bytes.reserveCapacity(commands.reduce(0) { $0 + $1.byteCount })
            for command in commands { command.encode(into: &bytes) }
            self.bytes = bytes
            count = commands.count
            self.deadline = deadline
            self.finish = finish
        }
    }

    struct Bounds: Sendable {
        /// Of commands that wait to be sent, in bytes; one alone always may.
        var waitingBytes = 64 << 20
        /// Of one answer's value.
        var valueBytes = 256 << 20
        /// Until the connection stands.
        var connecting = Duration.seconds(2)
        /// Without any byte, while an answer is awaited, after which the connection is given up.
        var silence = Duration.seconds(5)
        /// Between questions whether the other end is still there.
        var idle = Duration.seconds(2)
        /// Until the next try after the connection was lost, at first and at most.
        var pause = Duration.milliseconds(100)
        var longestPause = Duration.seconds(2)
    }

    private struct State: Sendable {
        var waiting: [Batch] = []
        var waitingBytes = 0
        var isUp = false
        var isClosed = false
    }

    private let address: StoreAddress
    private let tls: TLSClientContext?
    private let bounds: Bounds
    private let number: Int
    private let health: StoreHealth
    private let waker: ClientSocket.Waker
    private let state = Guarded(State())

    /// - Parameter number: among the connections that `health` knows.
    init(
        to address: StoreAddress, tls: TLSClientContext?, bounds: Bounds, number: Int, health: StoreHealth
    ) throws(HTTPError) {
        self.address = address
        self.tls = tls
        self.bounds = bounds
        self.number = number
        self.health = health
        waker = try ClientSocket.Waker()
    }

    func start() {
        let thread = Thread { [self] in run() }
        thread.name = "state-store-\(number)"
        thread.start()
    }

    /// Ends the thread; what waits learns that there is no answer.
    func close() {
        state.withLock { $0.isClosed = true }
        waker.wake()
    }

    /// Sends commands when their turn comes; false, without telling anybody, where the connection is down or has no room.
    func add(_ batch: Batch) -> Bool {
        let isAdded = state.withLock { state in
            let hasRoom = state.waiting.isEmpty || state.waitingBytes + batch.bytes.count <= bounds.waitingBytes
            guard state.isUp, !state.isClosed, hasRoom else { return false }
            state.waiting.append(batch)
            state.waitingBytes += batch.bytes.count
            return true
        }
        if isAdded { waker.wake() }
        return isAdded
    }

    private func run() {
        var pause = bounds.pause
        while !state.withLock({ $0.isClosed }) {
            do throws(StoreLoss) {
                let line = try StoreLine(address, tls: tls, waker: waker, bounds: bounds, health: health)
                state.withLock { $0.isUp = true }
                health.connected(number)
                pause = bounds.pause
                try serve(line)
            } catch {
                let waiting = state.withLock { state in
                    state.isUp = false
                    defer { (state.waiting, state.waitingBytes) = ([], 0) }
                    return state.waiting
                }
                for batch in waiting { batch.finish(nil) }
                if error.reason.isEmpty { return }
                health.lost(number, error.reason)
            }
            waker.wait(atMost: pause)
            pause = min(pause * 2, bounds.longestPause)
        }
    }

    /// Works until the connection is lost.
    private func serve(_ line: StoreLine) throws(StoreLoss) {
        defer { line.giveUp() }
        while true {
            let room = line.roomToSend
            let (batches, isClosed) = state.withLock { state in
                var size = 0
                // At least one where there is any room, whatever its size.
                let count = state.waiting.prefix { batch in
                    defer { size += batch.bytes.count }
                    return size < room
                }.count
                let batches = Array(state.waiting.prefix(count))
                state.waiting.removeFirst(count)
                state.waitingBytes -= batches.reduce(0) { $0 + $1.bytes.count }
                return (batches, state.isClosed)
            }
            if isClosed { throw StoreLoss("") }
            for batch in batches { line.add(batch) }
            try line.exchange()
        }
    }
}

/// Why a connection to a store has ended; empty where it was to end.
struct StoreLoss: Error {
    let reason: String

    init(_ reason: String) { self.reason = reason }
}
