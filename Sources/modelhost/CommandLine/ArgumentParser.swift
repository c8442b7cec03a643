import HostCore

/// Why a command line makes no sense; the program then exits with status 2.
struct UsageError: HostError, Equatable {
    let subject: String
    let problem: String
    let advice: String?

    init(_ subject: String, _ problem: String, advice: String? = "modelhost --help lists all options") {
        self.subject = subject
        self.problem = problem
        self.advice = advice
    }
}

/// A command line as values; nothing is looked up or opened yet.
struct ParsedArguments: Sendable, Equatable {
    var command: Command = .serve
    /// Option name → value; a flag that is given twice counts the last time, but a list grows.
    var values: [String: JSONValue] = [:]
    /// Words that are not flags, such as the path of `modelhost inspect PATH`.
    var words: [String] = []
    /// Flags of the old web UI that were accepted and dropped.
    var ignored: [String] = []

    /// - Throws: `UsageError` for an unknown flag, a missing value, or a value out of range.
    init(_ arguments: [String]) throws(UsageError) {
        var rest = arguments.map { Self.short[$0] ?? $0 }[...]
        if let first = rest.first, !first.hasPrefix("-") {
            guard let command = Command(rawValue: first) else { throw Self.unknownCommand(first) }
            self.command = command
            rest = rest.dropFirst()
        }
        while let argument = rest.popFirst() {
            guard argument.hasPrefix("--") else {
                guard !argument.hasPrefix("-") || argument == "-" else { throw Self.unknown(argument) }
                words.append(argument)
                continue
            }
            try parseFlag(argument, &rest)
        }
        guard words.isEmpty || [.inspect, .extension, .pull, .deploy].contains(command) else {
            if Command(rawValue: words[0]) != nil {
                throw UsageError(words[0], "is a command, which comes before all flags", advice: "modelhost \(words[0]) --help says more")
            }
            throw UsageError(words[0], "stands alone; a value comes after its flag")
        }
    }

    private mutating func parseFlag(_ argument: String, _ rest: inout ArraySlice<String>) throws(UsageError) {
        let parts = argument.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(parts.first ?? "")
        let attached = parts.count == 2 ? String(parts[1]) : nil
        let ignored = IgnoredFlags.arity(of: name)
        if let option = OptionTable.option(named: name, for: command), ignored == nil || option.commands.contains(command.optionsAs) {
            guard option.commands.contains(command.optionsAs) else {
                throw UsageError("--\(name)", "does not go with modelhost \(command.rawValue)")
            }
            let value = try Self.value(of: option, written: "--\(name)", attached: attached, rest: &rest)
            if let items = value.arrayValue, let before = values[option.name]?.arrayValue {
                values[option.name] = .array(before + items)
            } else {
                values[option.name] = value
            }
        } else if let arity = ignored {
            self.ignored.append("--\(name)")
            switch arity {
            case .none: break
            case .one: if attached == nil, Self.hasValue(rest) { rest.removeFirst() }
            case .many: while Self.hasValue(rest) { rest.removeFirst() }
            }
        } else {
            throw Self.unknown(argument)
        }
    }

    private static func value(
        of option: Option, written flag: String, attached: String?, rest: inout ArraySlice<String>
    ) throws(UsageError) -> JSONValue {
        switch option.kind {
        case .toggle:
            guard attached == nil else { throw UsageError(flag, "takes no value") }
            return true
        case .list:
            var items = attached.map { [$0] } ?? []
            while hasValue(rest), let item = rest.popFirst() { items.append(item) }
            guard !items.isEmpty else { throw UsageError(flag, "needs at least one value") }
            return .array(items.map(JSONValue.string))
        case .text, .integer, .number:
            // A negative number or a lone dash is a value; a double dash begins the next flag.
            guard let text = attached ?? (rest.first?.hasPrefix("--") == false ? rest.popFirst() : nil) else {
                throw UsageError(flag, "needs a value")
            }
            return try convert(text, for: option, named: flag)
        }
    }

    private static func convert(_ text: String, for option: Option, named flag: String) throws(UsageError) -> JSONValue {
        switch option.kind {
        case .integer(let range, _):
            guard let value = Int(text), range.contains(value) else {
                throw UsageError(flag, "must be a whole number from \(range.lowerBound) to \(range.upperBound), not \"\(text)\"")
            }
            return .integer(value)
        case .number(let range, _):
            guard let value = Double(text), range.contains(value) else {
                throw UsageError(flag, "must be a number from \(range.lowerBound) to \(range.upperBound), not \"\(text)\"")
            }
            return .number(value)
        default: return .string(text)
        }
    }

    private static func hasValue(_ rest: ArraySlice<String>) -> Bool {
        rest.first.map { !$0.hasPrefix("--") } ?? false
    }

    /// The flags of one letter.
    private static let short = ["-h": "--help", "-V": "--version"]

    /// What other programs call a command of this one.
    private static let meantCommands = [
        "help": "--help", "version": "--version", "run": "chat", "list": "models", "ls": "models", "start": "serve", "server": "serve",
        "download": "pull", "complete": "generate", "benchmark": "bench", "info": "inspect",
    ]

    private static func unknownCommand(_ word: String) -> UsageError {
        let names = Command.allCases.map(\.rawValue)
        guard let meant = meantCommands[word] ?? nearest(names, to: word) else {
            return UsageError(
                word, "is not a command; there are \(names.joined(separator: ", "))", advice: "To load a model: modelhost --model \(word)")
        }
        return UsageError(word, "is not a command", advice: "Did you mean modelhost \(meant)?")
    }

    /// The name that a word was probably meant to be; the shorter the word, the fewer letters may differ.
    private static func nearest(_ names: [String], to word: some StringProtocol) -> String? {
        let near = names.map { ($0, EditDistance.between($0, word)) }.min { $0.1 < $1.1 }
        return near.flatMap { $0.1 <= min(3, word.count / 2) ? $0.0 : nil }
    }

    /// What other programs call a flag of this one.
    private static let meant = [
        "port": "listen-port", "p": "listen-port", "host": "listen-host", "bind": "listen-host", "m": "model",
        "model-path": "model", "models": "model-dir", "models-dir": "model-dir", "strategy": "rwkv-strategy",
        "ctx": "truncation_length", "np": "parallel", "n": "max-tokens", "n-predict": "max-tokens", "t": "threads",
        "temp": "temperature", "key": "api-key", "cors": "allowed-origins", "8bit": "load-in-8bit",
        "lora-path": "adapter", "ngl": "rwkv-strategy", "device": "rwkv-strategy", "tokenizer-path": "tokenizer",
    ].filter { OptionTable.option(named: $0.value) != nil }

    private static func unknown(_ argument: String) -> UsageError {
        let name = argument.drop { $0 == "-" }.prefix { $0 != "=" }
        if let meant = meant[String(name)] { return UsageError(argument, "is not an option", advice: "Did you mean --\(meant)?") }
        guard let near = nearest(OptionTable.all.map(\.name), to: name) else { return UsageError(argument, "is not an option") }
        return UsageError(argument, "is not an option", advice: "Did you mean --\(near)?")
    }
}
