/// Where a component reports what it does; passed down explicitly, never global.
public struct Log: Sendable {
    @frozen
    public enum Level: Int, Sendable, Comparable {
        case debug, info, warning, error

        public static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
    }

    private let sink: @Sendable (Level, String) -> Void

    public init(sink: @escaping @Sendable (Level, String) -> Void) {
        self.sink = sink
    }

    /// Drops everything; for tests and tools.
    public static let silent = Log { _, _ in }

    public func debug(_ message: String) { sink(.debug, Log.escaped(message)) }
    public func info(_ message: String) { sink(.info, Log.escaped(message)) }
    public func warning(_ message: String) { sink(.warning, Log.escaped(message)) }
    public func error(_ message: String) { sink(.error, Log.escaped(message)) }

    /// One line whatever came in: control characters (line ends and ESC among them) are written as `\u{…}`.
    public static func escaped(_ message: String) -> String {
        guard message.unicodeScalars.contains(where: { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) }) else {
            return message
        }
        var line = ""
        for scalar in message.unicodeScalars {
            if scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) {
                line += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                line.unicodeScalars.append(scalar)
            }
        }
        return line
    }
}
