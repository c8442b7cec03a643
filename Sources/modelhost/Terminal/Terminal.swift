import Foundation
import HostCore

/// What the program writes: results to standard output, everything else to standard error.
enum Terminal {
    /// Whether a person is likely to watch standard error.
    static let isInteractive = isatty(STDERR_FILENO) == 1

    static func out(_ text: String, terminator: String = "\n") {
        FileHandle.standardOutput.write(Data((text + terminator).utf8))
    }

    static func err(_ text: String, terminator: String = "\n") {
        FileHandle.standardError.write(Data((text + terminator).utf8))
    }

    /// One line for what made the program end.
    static func fail(_ error: some Error) {
        err("modelhost: \(Log.escaped("\(error)"))")
    }

    /// A log to standard error: a time, a level where it matters, one line.
    static func log(verbose: Bool) -> Log {
        Log { level, message in
            guard verbose || level >= .info else { return }
            let mark =
                switch level {
                case .debug: "debug: "
                case .info: ""
                case .warning: "warning: "
                case .error: "error: "
                }
            err("\(timeOfDay())  \(mark)\(message)")
        }
    }

    private static func timeOfDay() -> String {
        Date.now.formatted(.verbatim(
            "\(hour: .twoDigits(clock: .twentyFourHour, hourCycle: .zeroBased)):\(minute: .twoDigits):\(second: .twoDigits)",
            locale: Locale(identifier: "en_US_POSIX"), timeZone: .current, calendar: Calendar(identifier: .gregorian)))
    }
}
