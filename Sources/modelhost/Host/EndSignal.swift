import Dispatch
import Foundation

/// SIGINT and SIGTERM as an event; the second one ends the process at once.
enum EndSignal {
    /// Waits for the first signal and returns its name.
    static func first() async -> String {
        let queue = DispatchQueue(label: "modelhost.signals")
        return await withCheckedContinuation { continuation in
            let count = SignalCount()
            for (number, name) in [(SIGINT, "SIGINT"), (SIGTERM, "SIGTERM")] {
                signal(number, SIG_IGN)
                let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
                source.setEventHandler {
                    if count.next() > 1 { exit(1) }
                    continuation.resume(returning: name)
                }
                source.resume()
                count.keep(source)
            }
        }
    }
}

/// How often a signal came; touched on one queue only, and alive as long as the process.
private final class SignalCount: @unchecked Sendable {
    private var count = 0
    private var sources: [any DispatchSourceSignal] = []

    func next() -> Int {
        count += 1
        return count
    }

    func keep(_ source: any DispatchSourceSignal) {
        sources.append(source)
    }
}
