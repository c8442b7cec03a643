import Foundation
import HostCore
import Synchronization

/// One line on a terminal that shows how far a load has come; silent where nobody watches.
final class ProgressBar: Sendable {
    private let title: String
    private let lastShown = Mutex(-1)

    init(title: String) {
        self.title = title
    }

    func show(_ progress: LoadProgress) {
        guard Terminal.isInteractive else { return }
        let percent = Int(progress.fraction * 100)
        let isNew = lastShown.withLock { last in
            defer { last = percent }
            return percent != last
        }
        guard isNew else { return }
        let filled = percent * 30 / 100
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 30 - filled)
        Terminal.err("\r\(title) \(bar) \(percent) % of \(ByteCount.text(progress.totalBytes))", terminator: "")
        if percent >= 100 { Terminal.err("") }
    }
}

/// Sizes as people write them.
enum ByteCount {
    static func text(_ bytes: Int) -> String {
        switch bytes {
        case ..<1_000: "\(bytes) B"
        case ..<1_000_000: decimal(bytes, per: 1_000, unit: "kB")
        case ..<1_000_000_000: decimal(bytes, per: 1_000_000, unit: "MB")
        default: decimal(bytes, per: 1_000_000_000, unit: "GB")
        }
    }

    private static func decimal(_ bytes: Int, per unitBytes: Int, unit: String) -> String {
        let value = Double(bytes) / Double(unitBytes)
        return String(format: value < 10 ? "%.2f %@" : "%.1f %@", value, unit)
    }
}
