import Foundation

/// The most memory that this process had resident since the last reset.
///
/// - Source: Linux `Documentation/filesystems/proc.rst` (VmHWM; writing 5 to clear_refs).
enum PeakMemory {
    /// False where the system does not let the peak be forgotten.
    static func reset() -> Bool {
        guard let file = FileHandle(forWritingAtPath: "/proc/self/clear_refs") else { return false }
        return (try? file.write(contentsOf: Data("5".utf8))) != nil
    }

    /// In bytes; nil where the system does not say.
    static func bytes() -> Int? {
        guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else { return nil }
        return bytes(status: status)
    }

    static func bytes(status: String) -> Int? {
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }.map { $0 * 1024 }
    }
}

/// The peak of what is measured, without what measuring itself takes in between.
struct PeakRecorder {
    private let isPossible: Bool
    private var most = 0

    init() {
        isPossible = PeakMemory.reset()
    }

    var bytes: Int? { isPossible && most > 0 ? most : nil }

    /// Takes note of the peak so far.
    mutating func note() { most = max(most, PeakMemory.bytes() ?? 0) }

    /// Runs something whose memory does not count.
    mutating func aside<Result>(_ body: () -> Result) -> Result {
        note()
        defer { _ = PeakMemory.reset() }
        return body()
    }
}
