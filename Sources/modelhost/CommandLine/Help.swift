import HostCore

/// The text of `--help`, made from the option table.
enum Help {
    static func text(for command: Command) -> String {
        var lines = header(for: command)
        for group in OptionTable.groups {
            let options = group.options.filter { $0.commands.contains(command) }
            guard !options.isEmpty else { continue }
            lines.append("")
            lines.append(group.title)
            for option in options { lines += entry(option) }
        }
        if command == .serve { lines += footer }
        return lines.joined(separator: "\n")
    }

    private static func header(for command: Command) -> [String] {
        switch command {
        case .serve:
            [
                "ModelHost \(Version.text): a host for RWKV language models.",
                "",
                "  modelhost [--model NAME] [--listen] …        serve the page and the APIs on http://127.0.0.1:7860",
                "  modelhost generate --prompt \"Once upon\" …    continue a text on the terminal",
                "  modelhost models                              list the models that are found",
                "  modelhost inspect PATH [--json]               list the tensors of a weight file",
                "  modelhost devices                             list the processor and the cards that strategies may name",
                "  modelhost bench --model NAME                  measure its speed against the machine's limits",
                "  modelhost extension new|build|list            write, compile or list extensions",
                "",
                "Put weights into models/: a .pth file with its tokenizer beside it, or a Hugging Face folder.",
            ]
        case .bench:
            ["modelhost bench --model NAME | --random-weights SHAPE …: measures speed and memory beside what the machine can do."]
        case .extension:
            [
                "modelhost extension new NAME     writes extensions/NAME/NAME.swift, to be filled in",
                "modelhost extension build NAME   compiles it to a library beside its source, for machines without a compiler",
                "modelhost extension list         lists what is in the folder, and what is switched on",
            ]
        case .generate:
            [
                "modelhost generate --prompt TEXT [--model NAME] …: continues a text and streams it to the terminal.",
                "A file or a pipe gets the text as it is; on a terminal control characters are shown as \\u{…}.",
            ]
        case .models: ["modelhost models [--json]: lists what is found, and why something cannot be loaded."]
        case .devices:
            ["modelhost devices [--json]: lists the processor and NVIDIA's cards, with memory, driver and compiler."]
        case .inspect:
            ["modelhost inspect PATH [--json]: lists a checkpoint's tensors (name, type, shape, SHA-256) without loading a model."]
        }
    }

    private static let footer = [
        "",
        "All of these may stand in settings.json under the same names; flags win.",
        "Help on a command: modelhost generate --help",
    ]

    private static func entry(_ option: Option) -> [String] {
        let placeholder: String =
            switch option.kind {
            case .toggle: ""
            case .text(let word), .integer(_, let word), .number(_, let word): " \(word)"
            case .list(let word): " \(word) …"
            }
        let flag = "  --\(option.name)\(placeholder)"
        let lines = wrap(option.help, width: 76)
        let indent = String(repeating: " ", count: 28)
        let first = flag.count < 27 ? [flag + String(repeating: " ", count: 28 - flag.count) + (lines.first ?? "")] : [flag, indent + (lines.first ?? "")]
        return first + lines.dropFirst().map { indent + $0 }
    }

    private static func wrap(_ text: String, width: Int) -> [String] {
        var lines: [String] = []
        for word in text.split(separator: " ") {
            if let last = lines.last, last.count + word.count < width {
                lines[lines.count - 1] += " \(word)"
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }
}

/// What this build calls itself.
enum Version {
    static let text = "0.1.0"
}
