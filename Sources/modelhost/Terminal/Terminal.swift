import Foundation
import HostCore

/// What the program writes: results to standard output, everything else to standard error.
enum Terminal {
    /// Whether a person is likely to watch standard error.
    static let isInteractive = isatty(STDERR_FILENO) == 1

    /// Writes a result; a reader that has gone, or a full disk, ends the program with status 1.
    static func out(_ text: String, terminator: String = "\n") {
        do {
            try FileHandle.standardOutput.write(contentsOf: Data((text + terminator).utf8))
        } catch {
            exit(1)
        }
    }

    /// Says something to a person; what cannot be said is dropped, since a lost log line must not end a service.
    static func err(_ text: String, terminator: String = "\n") {
        try? FileHandle.standardError.write(contentsOf: Data((text + terminator).utf8))
    }

    /// Announces something on standard output, as `err` does: whether anybody listens does not matter.
    static func announce(_ text: String) {
        try? FileHandle.standardOutput.write(contentsOf: Data((text + "\n").utf8))
    }

    /// One line for what made the program end.
    static func fail(_ error: some Error) {
        err("modelhost: \(Log.escaped("\(error)"))")
    }

    /// A log to standard error: date and time, a level where it matters, one line.
    ///
    /// - Parameter writer: where lines wait for a slow reader; nil writes them at once.
    static func log(verbose: Bool, to writer: LogWriter? = nil) -> Log {
        Log { level, message in
            guard verbose || level >= .info else { return }
            let mark =
                switch level {
                case .debug: "debug: "
                case .info: ""
                case .warning: "warning: "
                case .error: "error: "
                }
            // A status line may be showing.
            let start = isInteractive ? "\r\u{1B}[K" : ""
            let line = "\(start)\(now())  \(mark)\(message)"
            if let writer { writer.add(line) } else { err(line) }
        }
    }

    /// A log of what goes wrong only, for commands whose output is a text.
    static let warnings = Log { level, message in
        if level >= .warning { err("modelhost: \(message)") }
    }

    private static func now() -> String {
        Date.now.formatted(.verbatim(
            "\(year: .padded(4))-\(month: .twoDigits)-\(day: .twoDigits) \(hour: .twoDigits(clock: .twentyFourHour, hourCycle: .zeroBased)):\(minute: .twoDigits):\(second: .twoDigits)",
            locale: Locale(identifier: "en_US_POSIX"), timeZone: .current, calendar: Calendar(identifier: .gregorian)))
    }
}
