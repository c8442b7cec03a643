import HostCore

/// What a line typed into a chat asks for.
enum ChatWord: Equatable {
    case say(String)
    case help, models, regenerate, new, quit
    case switchModel(String)
    case save(String)
    case load(String)
    case system(String)
    /// A command that there is not, or that lacks its word.
    case wrong(String)

    static let overview = """
        /switch NAME   go on with another model; /models lists them
        /regenerate    have the last answer written again
        /system TEXT   instructions to the model before the conversation; without TEXT, none
        /save FILE     write the conversation to a file; /load FILE goes on from one
        /new           begin anew
        /quit          leave, as Ctrl-D does; Ctrl-C stops an answer
        A line that begins with // says what follows the first slash.
        """

    /// - Parameter line: without its line end; empty ones ask for nothing and are not passed here.
    init(_ line: String) {
        guard line.hasPrefix("/"), !line.hasPrefix("//") else {
            self = .say(line.hasPrefix("//") ? String(line.dropFirst()) : line)
            return
        }
        let parts = line.dropFirst().split(separator: " ", maxSplits: 1)
        let word = parts.first.map(String.init) ?? "", rest = parts.count > 1 ? parts[1].trimmingSpaces : ""
        switch word {
        case "help", "?": self = .help
        case "models": self = .models
        case "regenerate", "again": self = .regenerate
        case "new", "clear": self = .new
        case "quit", "exit", "bye": self = .quit
        case "system": self = .system(rest)
        case "switch" where !rest.isEmpty: self = .switchModel(rest)
        case "save" where !rest.isEmpty: self = .save(rest)
        case "load" where !rest.isEmpty: self = .load(rest)
        case "switch": self = .wrong("/switch needs the name of a model; /models lists them")
        case "save", "load": self = .wrong("/\(word) needs the name of a file")
        default: self = .wrong("/\(word) is not a command; /help lists them")
        }
    }
}
