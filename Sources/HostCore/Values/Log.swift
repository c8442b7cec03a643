/// Where a component reports what it does; passed down explicitly, never global.
public struct Log: Sendable {
    /// How much a line matters; greater is more urgent.
    public enum Level: Int, Sendable, Comparable {
        case debug, info, warning, error

        public static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
    }

    private let sink: @Sendable (Level, String) -> Void

    /// - Parameter sink: takes each line, without a line end; called from any thread.
    public init(sink: @escaping @Sendable (Level, String) -> Void) {
        self.sink = sink
    }

    /// Drops everything; for tests and tools.
    public static let silent = Log { _, _ in }

    /// Reports what is of use only when looking for a mistake.
    public func debug(_ message: String) { sink(.debug, Log.line(message)) }
    /// Reports something that is as it should be.
    public func info(_ message: String) { sink(.info, Log.line(message)) }
    /// Reports something that works, but not as the user may expect.
    public func warning(_ message: String) { sink(.warning, Log.line(message)) }
    /// Reports something that failed.
    public func error(_ message: String) { sink(.error, Log.line(message)) }

    /// Bytes of one line; what came in longer ends in `…`.
    package static let maximumLine = 8 << 10

    /// One line of bounded length, whatever came in.
    package static func line(_ message: String) -> String {
        escaped(message.shortened(to: maximumLine)).shortened(to: maximumLine)
    }

    /// One line whatever came in: what a terminal obeys instead of showing it is written as `\u{…}`, line ends included.
    public static func escaped(_ message: String) -> String { message.escaped(keepsLines: false) }
}
