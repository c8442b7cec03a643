import Dispatch
import Foundation
import HostCore

/// Several sequences choosing their next tokens at the same time.
enum ParallelSampling {
    /// One sequence with its entries; touched by one thread at a time.
    final class Choice: @unchecked Sendable {
        let sequence: ActiveSequence
        private var entries: [BatchEntry]

        init(_ sequence: ActiveSequence, _ entries: [BatchEntry]) {
            self.sequence = sequence
            self.entries = entries
        }

        fileprivate func choose() { sequence.choose(&entries) }
    }

    /// Has every sequence choose; returns when all have.
    ///
    /// - Parameter threads: nil means one for each core.
    static func choose(_ choices: [Choice], threads: Int?) {
        let threads = min(choices.count, max(1, threads ?? ProcessInfo.processInfo.activeProcessorCount))
        guard threads > 1 else {
            for choice in choices { choice.choose() }
            return
        }
        DispatchQueue.concurrentPerform(iterations: threads) { thread in
            for index in stride(from: thread, to: choices.count, by: threads) { choices[index].choose() }
        }
    }
}
