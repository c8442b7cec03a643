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
                "  modelhost chat                                talk with a model on the terminal",
                "  modelhost models                              list the models that are found",
                "  modelhost pull OWNER/NAME [FILE …]            fetch a model from Hugging Face into the model folder",
                "  modelhost inspect PATH [--json]               list the tensors of a weight file",
                "  modelhost devices                             list the processor and the cards that strategies may name",
                "  modelhost bench --model NAME                  measure its speed against the machine's limits",
                "  modelhost extension new|build|list            write, compile or list extensions",
                "  modelhost deploy systemd|docker|compose|…     print a file that runs this host elsewhere",
                "",
                "Put weights into models/: a .pth file with its tokenizer beside it, or a Hugging Face folder.",
            ]
        case .bench:
            ["modelhost bench --model NAME | --random-weights SHAPE …: measures speed and memory beside what the machine can do."]
        case .extension:
            [
                "modelhost extension new NAME     writes extensions/NAME/NAME.swift, to be filled in: a hook, a --loader or a --processor",
                "modelhost extension build NAME   compiles it to a library beside its source, for machines without a compiler",
                "modelhost extension list         lists what is in the folder, and what is switched on",
            ]
        case .generate:
            [
                "modelhost generate --prompt TEXT [--model NAME] …: continues a text and streams it to the terminal.",
                "With --chat the text is what a user says, and the assistant's answer is written.",
                "A file or a pipe gets the text as it is; on a terminal control characters are shown as \\u{…}.",
            ]
        case .chat:
            ["modelhost chat [--model NAME] [--system TEXT] …: a conversation on the terminal; /help there lists its commands."]
        case .pull:
            [
                "modelhost pull OWNER/NAME[@REVISION] [FILE …]: fetches weights, and what they need, from huggingface.co.",
                "",
                "  modelhost pull BlinkDL/rwkv-4-pile-169m RWKV-4-Pile-169M-20220807-8023.pth",
                "  modelhost pull RWKV/rwkv-4-169m-pile",
                "",
                "A .pth goes into the model folder itself, with its tokenizer beside it; a Hugging Face model into a folder of the",
                "repository's name. Each file grows as FILE.part and gets its name once its checksum is right; the same command",
                "goes on where it was stopped. Without FILE, it takes what a host needs.",
                "",
                "Variables: HF_TOKEN for what is not open to all, HF_ENDPOINT for another hub, HTTPS_PROXY and NO_PROXY.",
            ]
        case .deploy:
            [
                "modelhost deploy \(DeployKind.allCases.map(\.rawValue).joined(separator: "|")) …: prints a complete file with comments that runs",
                "the host with the present settings, and with any of its flags that follow. Keys, logins and certificates are not in it.",
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
        let lines = wrap(option.explanation, width: 76)
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

extension Option {
    /// The help with the default at its end.
    var explanation: String {
        let words: String
        switch self.default {
        case nil: return help
        case .words(let text): words = text
        case .value(let value): words = value.stringValue ?? value.encoded()
        }
        return "\(help.hasSuffix(".") ? String(help.dropLast()) : help) (default: \(words))."
    }
}
