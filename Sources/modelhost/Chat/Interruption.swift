import Dispatch
import Foundation
import HostRuntime
import Synchronization

/// Ctrl-C while an answer is written stops the answer; at any other time it ends the program.
final class Interruption: Sendable {
    private let stop = Mutex<(@Sendable () -> Void)?>(nil)
    private let source: Mutex<any DispatchSourceSignal>

    init() {
        signal(SIGINT, SIG_IGN)
        source = Mutex(DispatchSource.makeSignalSource(signal: SIGINT, queue: .global()))
        source.withLock { source in
            source.setEventHandler { [self] in
                guard let stop = stop.withLock({ $0 }) else { exit(130) }
                stop()
            }
            source.resume()
        }
    }

    /// Has Ctrl-C cancel this work while it runs; whether it did is returned beside the result.
    func during<Result: Sendable>(
        _ work: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        let task = Task { try await work() }
        stop.withLock { $0 = { task.cancel() } }
        defer { stop.withLock { $0 = nil } }
        return try await task.value
    }
}
