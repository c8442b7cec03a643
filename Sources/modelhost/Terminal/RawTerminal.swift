import Foundation

/// Standard input and output as a terminal that gives every key as it is pressed.
struct RawTerminal {
    private let saved: termios

    /// Nil where input or output is not a terminal.
    init?() {
        var settings = termios()
        guard isatty(STDOUT_FILENO) == 1, unsafe tcgetattr(STDIN_FILENO, &settings) == 0 else { return nil }
        saved = settings
    }

    /// Takes keys one by one while `work` runs; pastes come marked.
    func during<Result>(_ work: () -> Result) -> Result {
        var raw = saved
        raw.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG | IEXTEN)
        raw.c_iflag &= ~tcflag_t(IXON | ICRNL)
        _ = unsafe tcsetattr(STDIN_FILENO, TCSANOW, &raw)
        Terminal.control("\u{1B}[?2004h")
        defer {
            Terminal.control("\u{1B}[?2004l")
            var before = saved
            _ = unsafe tcsetattr(STDIN_FILENO, TCSANOW, &before)
        }
        return work()
    }

    /// The next byte; nil at the end of the input.
    func byte() -> UInt8? {
        var byte: UInt8 = 0
        while true {
            let count = unsafe read(STDIN_FILENO, &byte, 1)
            if count == 1 { return byte }
            if count == 0 || errno != EINTR { return nil }
        }
    }

    /// Columns of the window; 80 where it does not say.
    var width: Int {
        var size = winsize()
        guard unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }
}
