import HostComputeCPU
import HostCore
import HostGeneration
import HostModels
import RWKVModels

/// Every option there is; parsing, `settings.json`, `--help` and the check for unknown names all read this table.
enum OptionTable {
    static let groups: [OptionGroup] = [
        OptionGroup(title: "Model", options: model),
        OptionGroup(title: "Server", options: server),
        OptionGroup(title: "Access", options: security),
        OptionGroup(title: "Operations", options: operations),
        OptionGroup(title: "Limits", options: limits),
        OptionGroup(title: "Memory of texts", options: states),
        OptionGroup(title: "Sampling", options: sampling),
        OptionGroup(title: "Text", options: text),
        OptionGroup(title: "Fetching", options: pull),
        OptionGroup(title: "Measuring", options: bench),
        OptionGroup(title: "Extensions", options: extensions),
        OptionGroup(title: "Other", options: other),
    ]

    static let all: [Option] = groups.flatMap(\.options)

    /// The option of that name which the command takes; else another command's, to say so.
    static func option(named name: String, for command: Command = .serve) -> Option? {
        let named = all.filter { $0.name == name || $0.aliases.contains(name) }
        return named.first { $0.commands.contains(command.optionsAs) } ?? named.first
    }

    private static let running: Set<Command> = [.serve, .generate, .chat]
    private static let loading: Set<Command> = [.serve, .generate, .chat, .bench]

    private static let model = [
        Option(
            name: "model", kind: .text(placeholder: "NAME"),
            help: "Model to load: its name in the model folder, or a path. The only model there is loads by itself.",
            commands: loading),
        Option(
            name: "model-dir", kind: .text(placeholder: "FOLDER"),
            help: "Folder with the models.",
            default: .value("models"), commands: [.serve, .generate, .chat, .models, .bench, .pull]),
        Option(
            name: "allow-links", kind: .toggle,
            help: "Follow links in the model folder that lead out of it; without this, what they lead to is refused.",
            aliases: ["allow-symlinks"], commands: [.serve, .generate, .chat, .models, .bench]),
        Option(
            name: "model-menu", kind: .toggle, help: "Ask on the terminal which model to load.", commands: running),
        Option(
            name: "rwkv-strategy", kind: .text(placeholder: "TEXT"),
            help: "Where each layer runs and in which numbers: \"cpu fp32\", \"cpu bf16\", \"cuda fp16 *10 -> cpu fp32\".",
            default: .words("cuda fp16 on a card that takes the model, else cpu fp32"),
            commands: loading),
        Option(
            name: "rwkv-cuda-on", kind: .toggle,
            help: "Compile the CUDA kernels for this very card with NVIDIA's compiler library (NVRTC), once for each "
                + "version of kernels, driver and library; without it the driver compiles what the program brings along.",
            commands: loading),
        Option(
            name: "nvrtc", kind: .text(placeholder: "FILE"),
            help: "That library, libnvrtc.so, where it is not in the usual places (pip install nvidia-cuda-nvrtc-cu12).",
            commands: [.serve, .generate, .chat, .bench, .devices]),
        Option(
            name: "cpu", kind: .toggle, help: "Run on the CPU in fp32, unless --rwkv-strategy says otherwise.",
            commands: running),
        Option(
            name: "bf16", kind: .toggle, help: "Compute in bf16, unless --rwkv-strategy or --cpu says otherwise.",
            commands: running),
        Option(
            name: "load-in-8bit", kind: .toggle, help: "Quantise the big matrices to 8 bits.", commands: running),
        Option(
            name: "tokenizer", kind: .text(placeholder: "FILE"),
            help: "Tokenizer file to use instead of the one beside the weights.", commands: loading),
        Option(
            name: "initial-state", kind: .text(placeholder: "FILE"),
            help: "Trained start state (state tuning, a small .pth) that every text of the model begins with; "
                + "a path, or a file in the model folder.",
            commands: running),
        Option(
            name: "adapter", kind: .list(placeholder: "FILE…"),
            help: "LoRA or MiSS files (or PEFT folders) to merge into the model while it loads: paths, or names in the model "
                + "folder; FILE:alpha=32 says the α of a LoRA whose files do not.",
            commands: running),
        Option(
            name: "threads", kind: .integer(0...ThreadPool.maximumThreads, placeholder: "N"),
            help: "CPU threads, at most 64 or four for each core; 0 is one per physical core.", default: .value(0),
            commands: loading),
        Option(
            name: "draft-model", kind: .text(placeholder: "NAME"),
            help: "Smaller model with the same vocabulary that guesses what a text goes on with, where nothing else does; "
                + "the text stays the same.", commands: running),
        Option(
            name: "draft-tokens", kind: .integer(0...15, placeholder: "N"),
            help: "Guess up to this many tokens ahead and try them in one step, where a text repeats itself, a form demands "
                + "them or the request predicts them; the text stays the same. 0 guesses none.",
            default: .value(.integer(EngineConfiguration().draftTokens)), commands: loading),
        Option(
            name: "max-loaded-models", kind: .integer(1...64, placeholder: "N"),
            help: "How many models may stay loaded at once.",
            default: .value(.integer(ModelManager.Configuration().maxLoadedModels))),
    ]

    /// What the host keeps of texts that it has read.
    private static let states = [
        Option(
            name: "memory-limit", kind: .integer(16...100_000_000, placeholder: "MB"),
            help: "Memory for all clients together, beside the models: request bodies, prompts, answers, sessions and the "
                + "state cache. Beyond it a request is refused for the moment (503).",
            default: .words("a quarter of what the machine or its container allows")),
        Option(
            name: "state-cache-size", kind: .integer(0...1_000_000, placeholder: "MB"),
            help: "Memory for what was read before, so that a chat's next turn reads only what is new; 0 is off.",
            default: .words("\(MemoryPlan.usualStateCache >> 20), at most a quarter of the memory limit")),
        Option(
            name: "state-cache-dir", kind: .text(placeholder: "FOLDER"),
            help: "Keep that in files too, so that it is still known after a restart.", default: .words("memory only")),
        Option(
            name: "state-cache-dir-size", kind: .integer(1...100_000_000, placeholder: "MB"),
            help: "Space for these files, of all models together; the oldest go first.", default: .value(4096)),
        Option(
            name: "state-store", kind: .text(placeholder: "URL"),
            help: "Share it with other hosts in a Redis or Valkey server, so that any of them goes on with any chat: "
                + "redis://[user:password@]host[:port][/db], or rediss:// for TLS. Other users of this machine see it here "
                + "(ps); the variable \(Settings.storeVariable) keeps it from them."),
        Option(
            name: "state-store-ca", kind: .text(placeholder: "FILE"),
            help: "Certificates (PEM) that may have signed that server's.", default: .words("those that this machine trusts")),
        Option(
            name: "state-store-timeout", kind: .integer(1...60_000, placeholder: "MS"),
            help: "How long a question to that server may take before the host goes on without an answer.",
            default: .value(.integer(Settings.storeTimeout))),
        Option(
            name: "state-store-ttl", kind: .integer(1...31_536_000, placeholder: "SECONDS"),
            help: "How long a state stays there after it was written.", default: .value(.integer(Settings.storeSeconds))),
        Option(
            name: "state-dir", kind: .text(placeholder: "FOLDER"),
            help: "Where /v1/internal/state/save keeps states by name.",
            default: .words("\(Settings.namedStates) in the model folder")),
        Option(
            name: "max-sessions", kind: .integer(0...1_000_000, placeholder: "N"),
            help: "How many texts may be open under a session_id at once; one that is unused for an hour may go.",
            default: .value(.integer(EngineConfiguration().maxSessions))),
        Option(
            name: "session-memory", kind: .integer(0...1_000_000, placeholder: "MB"),
            help: "Memory beyond which no new session begins.",
            default: .words("\(MemoryPlan.usualSessions >> 20), at most a quarter of the memory limit")),
    ]

    private static let server = [
        Option(name: "listen", kind: .toggle, help: "Accept connections from other machines (0.0.0.0)."),
        Option(
            name: "listen-host", kind: .text(placeholder: "ADDRESS"),
            help: "Address to bind together with --listen.", default: .value("0.0.0.0")),
        Option(
            name: "listen-port", kind: .integer(0...65535, placeholder: "PORT"),
            help: "Port of page and API; 0 takes any free one and prints it.", default: .value(7860)),
        Option(
            name: "api", kind: .toggle,
            help: "Serve the same routes on two more ports too, where web UI clients look for them."),
        Option(
            name: "api-port", kind: .integer(0...65535, placeholder: "PORT"), help: "Port that --api opens for the web UI's API.",
            default: .value(5000),
            aliases: ["api-blocking-port"]),
        Option(
            name: "api-streaming-port", kind: .integer(0...65535, placeholder: "PORT"),
            help: "Port that --api opens for the 2023 API's streams over WebSockets.", default: .value(5005)),
        Option(
            name: "api-key", kind: .text(placeholder: "KEY"),
            help: "Key that every API request must carry. Other users of this machine see it here (ps); "
                + "--api-key-file and the variable MODELHOST_API_KEY keep it from them."),
        Option(
            name: "api-key-file", kind: .text(placeholder: "FILE"),
            help: "File whose only line is that key; no other user should be able to read it."),
        Option(
            name: "admin-key", kind: .text(placeholder: "KEY"),
            help: "Key for loading and unloading models; the variable MODELHOST_ADMIN_KEY holds it too.",
            default: .words("the API key")),
        Option(
            name: "admin-key-file", kind: .text(placeholder: "FILE"), help: "File whose only line is that key, likewise."),
        Option(
            name: "parallel", kind: .integer(1...4096, placeholder: "N"),
            help: "How many texts are written at the same time; more wait in a queue.",
            default: .value(.integer(EngineConfiguration().maxBatch))),
        Option(
            name: "max-queue", kind: .integer(0...1_000_000, placeholder: "N"),
            help: "How many may wait; beyond that a request is refused for the moment (429).",
            default: .value(.integer(EngineConfiguration().maxQueuedRequests))),
        Option(
            name: "user-data-dir", kind: .text(placeholder: "FOLDER"),
            help: "Folder with characters/, instruction-templates/ and presets/, as the web UI has it.",
            default: .words("\(Settings.userFolders.seen), or \(Settings.userFolders.hidden) where that is not there")),
        Option(
            name: "multi-user", kind: .toggle,
            help: "Several people share the host: nothing is saved or deleted through the API."),
        Option(name: "nowebui", kind: .toggle, help: "Serve the API without the page."),
        Option(
            name: "chat-template-file", kind: .text(placeholder: "FILE"),
            help: "Chat template in Jinja, in place of those of the models.", commands: running),
        Option(
            name: "enable-thinking", kind: .toggle,
            help: "Have a model that can think do so first where a request does not say; false in the settings file, not.",
            commands: running),
        Option(
            name: "reasoning-effort", kind: .text(placeholder: "WORD"),
            help: "How long a model is to think, for chat templates, where a request does not say: low, medium, high …",
            commands: running),
        Option(name: "strict-model", kind: .toggle, help: "Answer 404 when a request names a model that is not there."),
        Option(
            name: "no-stream", kind: .toggle, help: "Show whole answers on the page instead of streaming them.",
            commands: running),
        Option(
            name: "chat-dir", kind: .text(placeholder: "FOLDER"),
            help: "Where the page keeps copies of conversations that are to be found from other browsers.",
            default: .words("\(Settings.chats) in the model folder")),
        Option(
            name: "page-dir", kind: .text(placeholder: "FOLDER"),
            help: "Serve the page's files from this folder instead of those in the program, for work on them "
                + "(Sources/CHostPage/files)."),
        Option(
            name: "allowed-hosts", kind: .list(placeholder: "NAME"),
            help: "Names besides this machine's own that requests may address this host by, such as a proxy's."),
        Option(
            name: "allowed-origins", kind: .list(placeholder: "URL"),
            help: "Web origins besides this machine that may call the API from a browser."),
    ]

    private static let sampling =
        SamplingKnob.all.compactMap(Option.init) + [
            Option(
                name: "preset-dir", kind: .text(placeholder: "FOLDER"),
                help: "Your own presets, NAME.yaml each, for the preset field of requests.",
                default: .words("\(Settings.presets) where that folder is, else \(Settings.presets) in the user data"))
        ]

    private static let text = [
        Option(
            name: "prompt", kind: .text(placeholder: "TEXT"), help: "Text to continue; - reads it from standard input.",
            commands: [.generate]),
        Option(
            name: "max-tokens", kind: .integer(0...1_000_000_000, placeholder: "N"),
            help: "At most this many new tokens.", default: .value(200), commands: [.generate]),
        Option(
            name: "max-tokens", kind: .integer(0...1_000_000_000, placeholder: "N"),
            help: "At most this many new tokens in an answer.", default: .value(4096), commands: [.chat]),
        Option(
            name: "chat", kind: .toggle, help: "Take the prompt as what a user says, and write the assistant's answer.",
            commands: [.generate]),
        Option(
            name: "system", kind: .text(placeholder: "TEXT"), help: "Instructions to the model before a conversation.",
            commands: [.generate, .chat]),
        Option(
            name: "seed", kind: .integer(-1...Int.max, placeholder: "N"), help: "Makes a text repeatable; -1 draws a seed.",
            commands: [.generate, .chat]),
        Option(
            name: "stop", kind: .list(placeholder: "TEXT"), help: "End before any of these texts.", commands: [.generate, .chat]),
    ]

    private static let pull = [
        Option(
            name: "list", kind: .toggle, help: "List the repository's files and fetch none; a star marks what would be fetched.",
            commands: [.pull]),
        Option(
            name: "tokenizer-from", kind: .text(placeholder: "REPO"),
            help: "Repository to take the tokenizer of a .pth from, instead of those that are known to have it.",
            commands: [.pull, .serve]),
    ]

    private static let bench = [
        Option(
            name: "random-weights", kind: .text(placeholder: "SHAPE"),
            help: "Measure random bf16 weights instead of a model: LAYERSxWIDTHxVOCABULARY, such as 12x768x50277.",
            commands: [.bench]),
        Option(
            name: "generation", kind: .text(placeholder: "NUMBER"),
            help: "RWKV generation of the random weights: 4, 5.0, 5.1, 5.2, 6 or 7.",
            default: .value(.string(RWKVVersion.v4.rawValue)), commands: [.bench]),
        Option(
            name: "zeros", kind: .number(0...1, placeholder: "SHARE"),
            help: "Share of the inner channels that squared ReLU leaves at zero, such as 0.85 as in trained models "
                + "(random weights).", default: .words("noise, about half"),
            commands: [.bench]),
        Option(
            name: "strategy", kind: .list(placeholder: "TEXT"),
            help: "Strategies to measure, one after the other.",
            default: .words("--rwkv-strategy, else \(BenchOptions.strategies.map { "\"\($0)\"" }.joined(separator: " and "))"),
            commands: [.bench]),
        Option(
            name: "prompt", kind: .integer(1...65536, placeholder: "TOKENS"),
            help: "Length of the prompt.", default: .value(512), commands: [.bench]),
        Option(
            name: "generate", kind: .integer(1...65536, placeholder: "TOKENS"),
            help: "Tokens to generate in each sequence.", default: .value(64), commands: [.bench]),
        Option(
            name: "batch", kind: .text(placeholder: "SIZES"),
            help: "How many sequences generate at once, with commas between.", default: .value("1,4,16"), commands: [.bench]),
        Option(
            name: "parts", kind: .toggle,
            help: "Show what share of a pass products, recurrence, token shifts and the rest take, and what the products reach of their peak (random weights).",
            commands: [.bench]),
        Option(
            name: "trace", kind: .text(placeholder: "FILE"),
            help: "Write when each thread ran which part of which step while a token was generated, for chrome://tracing or "
                + "ui.perfetto.dev (random weights, one strategy, the first batch size).", commands: [.bench]),
        Option(
            name: "trace-alone", kind: .toggle,
            help: "In the trace, have one thread run what is cut for --threads, so that Tests/Benchmarks/replay.py can say what as many "
                + "cores would take.", commands: [.bench]),
        Option(
            name: "drafts", kind: .toggle,
            help: "Measure texts with --draft-tokens and without: an edit, prose, and a JSON Schema answer (needs a tokenizer).",
            commands: [.bench]),
        Option(
            name: "draft-weights", kind: .text(placeholder: "SHAPE"),
            help: "Measure plain text beside random weights of this shape as a draft model that guesses seven of eight tokens "
                + "right (random weights).", commands: [.bench]),
        Option(
            name: "competing", kind: .integer(0...1024, placeholder: "N"),
            help: "Measure generation a second time beside this many busy threads.", default: .value(0), commands: [.bench]),
    ]

    private static let extensions = [
        Option(
            name: "extensions", kind: .list(placeholder: "NAME"),
            help: "Extensions to switch on, in this order. They run with all rights of this program.",
            commands: [.serve, .generate, .chat, .models, .bench, .extension]),
        Option(
            name: "extension-dir", kind: .text(placeholder: "FOLDER"),
            help: "Folder with the extensions.", default: .value(.string(Settings.usualExtensions)),
            commands: [.serve, .generate, .chat, .models, .bench, .extension]),
        Option(
            name: "loader", kind: .toggle, help: "What `new` writes is a loader with a model of its own.", commands: [.extension]),
        Option(
            name: "processor", kind: .toggle, help: "What `new` writes is a processor that changes logits.", commands: [.extension]),
    ]

    private static let other = [
        Option(
            name: "settings", kind: .text(placeholder: "FILE"),
            help: "File with defaults for all of this.", default: .words(Settings.files.joined(separator: " or ")),
            commands: [.serve, .generate, .chat, .models, .bench, .devices, .extension, .pull, .deploy]),
        Option(name: "verbose", kind: .toggle, help: "Log more, prompts included.", commands: running),
        Option(
            name: "json", kind: .toggle, help: "Print JSON instead of a table.", commands: [.models, .inspect, .bench, .devices]),
        Option(name: "help", kind: .toggle, help: "Show this help.", commands: Set(Command.allCases)),
        Option(name: "version", kind: .toggle, help: "Show the version.", commands: Set(Command.allCases)),
    ]
}
