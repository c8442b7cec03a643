import HostCore
import HostServer

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
        var rest = arguments[...]
        if let first = rest.first, !first.hasPrefix("-") {
            guard let command = Command(rawValue: first) else {
                let known = Command.allCases.map(\.rawValue).joined(separator: ", ")
                throw UsageError(
                    first, "is not a command; there are \(known)",
                    advice: "To load a model: modelhost --model \(first)")
            }
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

    /// What other programs call a flag of this one.
    private static let meant = [
        "port": "listen-port", "p": "listen-port", "host": "listen-host", "bind": "listen-host", "m": "model",
        "model-path": "model", "models": "model-dir", "models-dir": "model-dir", "strategy": "rwkv-strategy",
        "ctx": "truncation_length", "np": "parallel", "n": "max-tokens", "n-predict": "max-tokens", "t": "threads",
        "temp": "temperature", "key": "api-key", "cors": "allowed-origins", "8bit": "load-in-8bit",
        "lora-path": "adapter", "device": "rwkv-strategy", "tokenizer-path": "tokenizer",
    ].filter { OptionTable.option(named: $0.value) != nil }

    private static func unknown(_ argument: String) -> UsageError {
        let name = argument.drop { $0 == "-" }.prefix { $0 != "=" }
        if let meant = meant[String(name)] { return UsageError(argument, "is not an option", advice: "Did you mean --\(meant)?") }
        let near = OptionTable.all.map(\.name).min { EditDistance.between($0, name) < EditDistance.between($1, name) }
        guard let near, EditDistance.between(near, name) <= 3 else { return UsageError(argument, "is not an option") }
        return UsageError(argument, "is not an option", advice: "Did you mean --\(near)?")
    }
}
