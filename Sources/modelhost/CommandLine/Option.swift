import HostCore

/// One setting of the host: a flag on the command line and, under the same name, a key in `settings.json`.
struct Option: Sendable {
    enum Kind: Sendable {
        /// Present means true; `true` or `false` in `settings.json`.
        case toggle
        case text(placeholder: String)
        case integer(ClosedRange<Int>, placeholder: String)
        case number(ClosedRange<Double>, placeholder: String)
        /// One or more words up to the next flag, more when it is given again; a list or a text in `settings.json`.
        case list(placeholder: String)
    }

    /// Without the leading dashes.
    let name: String
    let kind: Kind
    let help: String
    /// Other spellings that mean the same.
    var aliases: [String] = []
    /// The commands that take it; empty means serving.
    var commands: Set<Command> = [.serve]
}

/// What the program is asked to do: its first word, or to serve when that is a flag.
enum Command: String, Sendable, CaseIterable {
    case serve, generate, models, inspect, devices, bench, `extension`
}

/// A group of options under one heading of `--help`.
struct OptionGroup: Sendable {
    let title: String
    let options: [Option]
}
