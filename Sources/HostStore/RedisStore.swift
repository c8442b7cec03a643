package import HostCore
package import HostHTTP
import HostRuntime

/// A Redis or Valkey server as `SharedStore`: one connection for questions that a caller waits for, one for what is written.
///
/// It is passed over for a moment after it was late several times running, and nothing is written for a moment after it
/// refused to take more.
package final class RedisStore: SharedStore {
    private struct State: Sendable {
        var lateRunning = 0
        var isSlowUntil = ContinuousClock.now
        var isFullUntil = ContinuousClock.now
    }

    private static let lateBeforePassing = 3
    private static let passing = Duration.seconds(2)

    private let patience: Duration
    private let health: StoreHealth
    private let reader: StoreConnection
    private let writer: StoreConnection
    private let state = Guarded(State())

    /// Begins to connect; nothing waits for it.
    ///
    /// - Parameters:
    ///   - authorities: for TLS, see `TLSClientContext`.
    ///   - patience: how long a question may take.
    /// - Throws: `HTTPError` where TLS cannot be spoken on this machine.
    package convenience init(
        _ address: StoreAddress, authorities: String? = nil, patience: Duration = .milliseconds(500), log: Log
    ) throws(HTTPError) {
        try self.init(address, authorities: authorities, patience: patience, bounds: StoreConnection.Bounds(), log: log)
    }

    init(
        _ address: StoreAddress, authorities: String?, patience: Duration, bounds: StoreConnection.Bounds, log: Log
    ) throws(HTTPError) {
        self.patience = patience
        let tls = address.usesTLS ? try TLSClientContext(name: address.host, authorities: authorities) : nil
        health = StoreHealth(address.shown, connections: 2, log: log)
        reader = try StoreConnection(to: address, tls: tls, bounds: bounds, number: 0, health: health)
        writer = try StoreConnection(to: address, tls: tls, bounds: bounds, number: 1, health: health)
        reader.start()
        writer.start()
    }

    deinit {
        reader.close()
        writer.close()
    }

    package var statistics: StoreStatistics { health.statistics }

    package func ask(_ commands: [StoreCommand]) async -> [RESPValue]? {
        let start = ContinuousClock.now
        guard state.withLock({ $0.isSlowUntil <= start }) else { return skipped() }
        let answers = await withCheckedContinuation { (continuation: CheckedContinuation<[RESPValue]?, Never>) in
            let batch = StoreConnection.Batch(commands, by: start + patience) { continuation.resume(returning: $0) }
            if !reader.add(batch) { batch.finish(nil) }
        }
        let time = ContinuousClock.now - start
        guard let answers else { return time < patience ? skipped() : late() }
        state.withLock { $0.lateRunning = 0 }
        health.count { statistics in
            statistics.answered += 1
            statistics.seconds += time / .seconds(1)
        }
        return answers
    }

    private func skipped() -> [RESPValue]? {
        health.count { $0.skipped += 1 }
        return nil
    }

    private func late() -> [RESPValue]? {
        health.count { $0.late += 1 }
        state.withLock { state in
            state.lateRunning += 1
            // One more question may be asked after the pause; if it is late, too, the next pause begins.
            if state.lateRunning >= Self.lateBeforePassing { state.isSlowUntil = .now + Self.passing }
        }
        return nil
    }

    package func tell(_ commands: [StoreCommand]) {
        enqueue(commands, by: .now + .seconds(60)) { _ in }
    }

    package func write(_ commands: [StoreCommand]) async -> Bool {
        let deadline = ContinuousClock.now + patience
        return await withCheckedContinuation { continuation in
            enqueue(commands, by: deadline) { continuation.resume(returning: $0) }
        }
    }

    private func enqueue(
        _ commands: [StoreCommand], by deadline: ContinuousClock.Instant, _ finish: @escaping @Sendable (Bool) -> Void
    ) {
        let isFull = state.withLock { $0.isFullUntil > .now } && commands.contains(where: \.needsRoom)
        let batch = StoreConnection.Batch(commands, by: deadline) { [weak self] answers in
            finish(self?.note(answers, of: commands.count) ?? false)
        }
        if isFull || !writer.add(batch) { batch.finish(nil) }
    }

    /// Whether all of it was done.
    private func note(_ answers: [RESPValue]?, of count: Int) -> Bool {
        guard let answers else {
            health.count { $0.dropped += count }
            return false
        }
        var isDone = true
        for answer in answers {
            guard case .failure(let reason) = answer else {
                health.accepted()
                continue
            }
            isDone = false
            health.refused(String(reason.prefix(200)))
            state.withLock { $0.isFullUntil = .now + Self.passing }
        }
        return isDone
    }
}
