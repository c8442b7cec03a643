import Foundation
import HostCore

/// What the program writes: results to standard output, everything else to standard error.
enum Terminal {
    /// Whether a person is likely to watch standard error.
    static let isInteractive = isatty(STDERR_FILENO) == 1

    /// Writes a result; a reader that has gone, or a full disk, ends the program with status 1.
    ///
    /// What a terminal would obey is written as `\u{…}`, line ends and tabs aside: names come from files.
    static func out(_ text: String, terminator: String = "\n") {
        raw(text.escaped(keepsLines: true) + terminator)
    }

    /// Writes a text that is itself the result: as it is to a file or another program, as `out` does to a terminal.
    static func outText(_ text: String) {
        raw(isOutputShown ? text.escaped(keepsLines: true) : text)
    }

    /// Says something to a person in one line; what cannot be said is dropped, since a lost log line must not end a service.
    static func err(_ text: String, terminator: String = "\n") {
        say(Log.line(text) + terminator)
    }

    /// Says something beside the result, such as a thought: dimmed on a terminal.
    static func aside(_ text: String) {
        let shown = text.escaped(keepsLines: true)
        say(isInteractive ? "\u{1B}[2m\(shown)\u{1B}[22m" : shown)
    }

    /// Writes what the terminal is to obey, such as a line that is being typed.
    static func control(_ text: String) {
        try? FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
    }

    /// Announces something on standard output, as `err` does: it does not matter whether the other end still reads.
    static func announce(_ text: String) {
        try? FileHandle.standardOutput.write(contentsOf: Data((Log.line(text) + "\n").utf8))
    }

    /// One line for what made the program end.
    static func fail(_ error: some Error) {
        err("modelhost: \(error)")
    }

    /// Puts a text, or nothing, in place of what the line showed that is not ended yet.
    static func replaceLine(by text: String) {
        say("\r\u{1B}[K" + Log.line(text))
    }

    private static let isOutputShown = isatty(STDOUT_FILENO) == 1

    private static func raw(_ text: String) {
        do {
            try FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
        } catch {
            exit(1)
        }
    }

    private static func say(_ text: String) {
        try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
    }

    /// One line of the log; a status line may be showing.
    static func logLine(_ line: String) {
        if isInteractive { replaceLine(by: "") }
        err(line)
    }

    /// A line that holds nothing that a terminal would obey.
    static func logPlain(_ line: String) { say(line + "\n") }

    /// A log to standard error, one line each.
    ///
    /// - Parameter writer: where lines wait for a slow reader; nil writes them at once.
    static func log(verbose: Bool, format: LogFormat = .text, to writer: LogWriter? = nil) -> Log {
        Log { level, message in
            guard verbose || level >= .info else { return }
            let line = format.line(level, message)
            if let writer { writer.add(line) } else { logLine(line) }
        }
    }

    /// A log of what goes wrong only, for commands whose output is a text.
    static let warnings = Log { level, message in
        if level >= .warning { err("modelhost: \(message)") }
    }
}
