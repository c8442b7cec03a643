import Foundation
import HostCore
import HostServer

/// How a line of the log is written.
enum LogFormat: String {
    case text, json

    /// - Throws: `SettingsError` for any other word.
    init(_ settings: Settings) throws(SettingsError) {
        let name = settings.text("log-format") ?? ""
        guard let format = LogFormat(rawValue: name) else {
            throw SettingsError(subject: "log-format", problem: "must be text or json, not \"\(name)\"", advice: nil)
        }
        self = format
    }

    /// One line without its end.
    func line(_ level: Log.Level, _ message: String, at time: Date = .now) -> String {
        switch self {
        case .text:
            let mark = level == .info ? "" : "\(level): "
            return "\(LogFormat.localTime(time))  \(mark)\(message)"
        case .json: return json(level, [("message", .string(message))], at: time)
        }
    }

    /// One line for a request whose answer has ended.
    func line(_ entry: AccessEntry, at time: Date = .now) -> String {
        let level = entry.isRoutine ? Log.Level.debug : .info
        switch self {
        case .text: return line(level, Log.escaped(entry.text), at: time)
        case .json: return json(level, [("event", "request")] + entry.members, at: time)
        }
    }

    private func json(_ level: Log.Level, _ members: [(String, JSONValue)], at time: Date) -> String {
        let head: [(String, JSONValue)] = [
            ("time", .string(time.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)))), ("level", .string("\(level)")),
        ]
        // ASCII alone, so that no terminal obeys what stands in it.
        return JSONValue.object(JSONObject(head + members)).encoded(.python)
    }

    /// Where its lines go.
    func write(_ line: String) {
        switch self {
        case .text: Terminal.logLine(line)
        case .json: Terminal.logPlain(line)
        }
    }

    private static func localTime(_ time: Date) -> String {
        time.formatted(
            .verbatim(
                "\(year: .padded(4))-\(month: .twoDigits)-\(day: .twoDigits) \(hour: .twoDigits(clock: .twentyFourHour, hourCycle: .zeroBased)):\(minute: .twoDigits):\(second: .twoDigits)",
                locale: Locale(identifier: "en_US_POSIX"), timeZone: .current, calendar: Calendar(identifier: .gregorian)))
    }
}
