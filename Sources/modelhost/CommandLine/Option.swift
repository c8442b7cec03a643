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

    /// What holds where it is not set; written only here, or read from the type it concerns.
    enum Default: Sendable {
        /// `Settings` gives it.
        case value(JSONValue)
        /// Worked out from elsewhere; in words, for the help.
        case words(String)

        static func seconds(_ time: Duration) -> Default { .value(.integer(Int(time / .seconds(1)))) }
    }

    /// Without the leading dashes.
    let name: String
    let kind: Kind
    /// In sentences, without the default.
    let help: String
    var `default`: Default?
    /// Other spellings that mean the same.
    var aliases: [String] = []
    /// The commands that take it; empty means serving.
    var commands: Set<Command> = [.serve]
}

/// What the program is asked to do: its first word, or to serve when that is a flag.
enum Command: String, Sendable, CaseIterable {
    case serve, generate, chat, models, pull, inspect, devices, bench, `extension`, deploy

    /// The command whose options it takes: a file for another machine holds what the service is given.
    var optionsAs: Command { self == .deploy ? .serve : self }
}

/// A group of options under one heading of `--help`.
struct OptionGroup: Sendable {
    let title: String
    let options: [Option]
}
