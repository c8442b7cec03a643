import HostComputeCPU
import HostCore

/// Every option there is; parsing, `settings.json`, `--help` and the check for unknown names all read this table.
enum OptionTable {
    static let groups: [OptionGroup] = [
        OptionGroup(title: "Model", options: model),
        OptionGroup(title: "Server", options: server),
        OptionGroup(title: "Memory of texts", options: states),
        OptionGroup(title: "Sampling", options: sampling),
        OptionGroup(title: "Text", options: text),
        OptionGroup(title: "Measuring", options: bench),
        OptionGroup(title: "Extensions", options: extensions),
        OptionGroup(title: "Other", options: other),
    ]

    static let all: [Option] = groups.flatMap(\.options)

    /// The option of that name which the command takes; else another command's, to say so.
    static func option(named name: String, for command: Command = .serve) -> Option? {
        let named = all.filter { $0.name == name || $0.aliases.contains(name) }
        return named.first { $0.commands.contains(command) } ?? named.first
    }

    private static let running: Set<Command> = [.serve, .generate]
    private static let loading: Set<Command> = [.serve, .generate, .bench]

    private static let model = [
        Option(
            name: "model", kind: .text(placeholder: "NAME"),
            help: "Model to load: its name in the model folder, or a path. The only model there is loads by itself.",
            commands: loading),
        Option(
            name: "model-dir", kind: .text(placeholder: "FOLDER"),
            help: "Folder with the models (default: models).", commands: [.serve, .generate, .models, .bench]),
        Option(
            name: "allow-links", kind: .toggle,
            help: "Follow links in the model folder that lead out of it; without this, what they lead to is refused.",
            commands: [.serve, .generate, .models, .bench]),
        Option(name: "model-menu", kind: .toggle, help: "Ask on the terminal which model to load."),
        Option(
            name: "rwkv-strategy", kind: .text(placeholder: "TEXT"),
            help: "Where each layer runs and in which numbers: \"cpu fp32\", \"cpu bf16\", \"cuda fp16 *10 -> cpu fp32\" "
                + "(default: cuda fp16 on a card that takes the model, else cpu fp32).",
            commands: running),
        Option(
            name: "rwkv-cuda-on", kind: .toggle,
            help: "Compile the CUDA kernels for this very card with NVIDIA's compiler library (NVRTC), once for each "
                + "version of kernels, driver and library; without it the driver compiles what the program brings along.",
            commands: loading),
        Option(
            name: "nvrtc", kind: .text(placeholder: "FILE"),
            help: "That library, libnvrtc.so, where it is not in the usual places (pip install nvidia-cuda-nvrtc-cu12).",
            commands: [.serve, .generate, .bench, .devices]),
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
            help: "Tokenizer file to use instead of the one beside the weights.", commands: running),
        Option(
            name: "initial-state", kind: .text(placeholder: "FILE"),
            help: "Trained start state (state tuning, a small .pth) that every text of the model begins with; "
                + "a path, or a file in the model folder.",
            commands: running),
        Option(
            name: "threads", kind: .integer(0...ThreadPool.maximumThreads, placeholder: "N"),
            help: "CPU threads, at most 64 or four for each core (default: 0, one per core).",
            commands: loading),
        Option(
            name: "max-loaded-models", kind: .integer(1...64, placeholder: "N"),
            help: "How many models may stay loaded at once (default: 1)."),
    ]

    /// What the host keeps of texts that it has read.
    private static let states = [
        Option(
            name: "memory-limit", kind: .integer(16...100_000_000, placeholder: "MB"),
            help: "Memory for all clients together, beside the models: request bodies, prompts, answers, sessions and the "
                + "state cache (default: a quarter of what the machine or its container allows). Beyond it a request is "
                + "told to come back later (503)."),
        Option(
            name: "state-cache-size", kind: .integer(0...1_000_000, placeholder: "MB"),
            help: "Memory for what was read before, so that a chat's next turn reads only what is new (default: 256, at "
                + "most a quarter of the memory limit; 0 is off)."),
        Option(
            name: "state-cache-dir", kind: .text(placeholder: "FOLDER"),
            help: "Keep that in files too, so that it is still known after a restart (default: memory only)."),
        Option(
            name: "state-cache-dir-size", kind: .integer(1...100_000_000, placeholder: "MB"),
            help: "Space for these files, of all models together; the oldest go first (default: 4096)."),
        Option(
            name: "state-dir", kind: .text(placeholder: "FOLDER"),
            help: "Where /v1/internal/state/save keeps states by name (default: .states in the model folder)."),
        Option(
            name: "max-sessions", kind: .integer(0...1_000_000, placeholder: "N"),
            help: "How many texts may be open under a session_id at once (default: 256; unused for an hour, one may go)."),
        Option(
            name: "session-memory", kind: .integer(0...1_000_000, placeholder: "MB"),
            help: "Memory beyond which no new session begins (default: 1024, at most a quarter of the memory limit)."),
    ]

    private static let server = [
        Option(name: "listen", kind: .toggle, help: "Accept connections from other machines (0.0.0.0)."),
        Option(
            name: "listen-host", kind: .text(placeholder: "ADDRESS"),
            help: "Address to bind instead of 0.0.0.0, together with --listen."),
        Option(
            name: "listen-port", kind: .integer(0...65535, placeholder: "PORT"),
            help: "Port of page and API (default: 7860; 0 takes any free one and prints it)."),
        Option(
            name: "api", kind: .toggle,
            help: "Serve the same routes on ports 5000 and 5005 too, where web UI clients look for them."),
        Option(
            name: "api-port", kind: .integer(0...65535, placeholder: "PORT"), help: "Another port instead of 5000.",
            aliases: ["api-blocking-port"]),
        Option(
            name: "api-streaming-port", kind: .integer(0...65535, placeholder: "PORT"),
            help: "Another port instead of 5005 (the 2023 API streams there over WebSockets)."),
        Option(
            name: "api-key", kind: .text(placeholder: "KEY"),
            help: "Key that every API request must carry. Other users of this machine see it here (ps); "
                + "--api-key-file and the variable MODELHOST_API_KEY keep it from them."),
        Option(
            name: "api-key-file", kind: .text(placeholder: "FILE"),
            help: "File whose only line is that key; nobody else should be able to read it."),
        Option(
            name: "admin-key", kind: .text(placeholder: "KEY"),
            help: "Key for loading and unloading models (default: the API key; variable: MODELHOST_ADMIN_KEY)."),
        Option(
            name: "admin-key-file", kind: .text(placeholder: "FILE"), help: "File whose only line is that key, likewise."),
        Option(
            name: "parallel", kind: .integer(1...4096, placeholder: "N"),
            help: "How many texts are written at the same time (default: 32); more wait in a queue."),
        Option(
            name: "max-queue", kind: .integer(0...1_000_000, placeholder: "N"),
            help: "How many may wait (default: 64); whoever comes then is told to try again later (429)."),
        Option(name: "strict-model", kind: .toggle, help: "Answer 404 when a request names a model that is not there."),
        Option(name: "no-stream", kind: .toggle, help: "Show whole answers on the page instead of streaming them.",
            commands: running),
        Option(
            name: "allowed-hosts", kind: .list(placeholder: "NAME"),
            help: "Names besides this machine's own that requests may address this host by, such as a proxy's."),
        Option(
            name: "allowed-origins", kind: .list(placeholder: "URL"),
            help: "Web origins besides this machine that may call the API from a browser."),
    ]

    private static let sampling = [
        Option(
            name: "temperature", kind: .number(0...1000, placeholder: "T"),
            help: "Randomness when a request does not say; 0 always takes the likeliest token (default: 0.8).", commands: running),
        Option(
            name: "top-p", kind: .number(0...1, placeholder: "P"),
            help: "Keep the likeliest tokens with this mass, likewise (default: 0.9).", commands: running),
        Option(
            name: "top-k", kind: .integer(0...1_000_000_000, placeholder: "K"),
            help: "Keep the K likeliest tokens, likewise (default: 0, all).", commands: running),
        Option(
            name: "preset-dir", kind: .text(placeholder: "FOLDER"),
            help: "Your own presets, NAME.yaml each, for the preset field of requests (default: presets)."),
    ]

    private static let text = [
        Option(
            name: "prompt", kind: .text(placeholder: "TEXT"), help: "Text to continue; - reads it from standard input.",
            commands: [.generate]),
        Option(
            name: "max-tokens", kind: .integer(0...1_000_000_000, placeholder: "N"),
            help: "At most so many new tokens (default: 200).", commands: [.generate]),
        Option(
            name: "seed", kind: .integer(0...Int.max, placeholder: "N"), help: "Makes a text repeatable.",
            commands: [.generate]),
        Option(
            name: "stop", kind: .list(placeholder: "TEXT"), help: "End before any of these texts.", commands: [.generate]),
    ]

    private static let bench = [
        Option(
            name: "random-weights", kind: .text(placeholder: "SHAPE"),
            help: "Measure random bf16 weights instead of a model: LAYERSxWIDTHxVOCABULARY, such as 12x768x50277.",
            commands: [.bench]),
        Option(
            name: "generation", kind: .text(placeholder: "NUMBER"),
            help: "RWKV generation of the random weights: 4, 5.0, 5.1, 5.2, 6 or 7 (default: 4).", commands: [.bench]),
        Option(
            name: "strategy", kind: .list(placeholder: "TEXT"),
            help: "Strategies to measure, one after the other (default: \"cpu fp32\" and \"cpu bf16\").",
            commands: [.bench]),
        Option(
            name: "prompt", kind: .integer(1...65536, placeholder: "TOKENS"),
            help: "Length of the prompt (default: 512).", commands: [.bench]),
        Option(
            name: "generate", kind: .integer(1...65536, placeholder: "TOKENS"),
            help: "Tokens to generate in each sequence (default: 64).", commands: [.bench]),
        Option(
            name: "batch", kind: .text(placeholder: "SIZES"),
            help: "How many sequences generate at once, such as 1,4,16 (the default).", commands: [.bench]),
        Option(
            name: "parts", kind: .toggle,
            help: "Tell what share of a pass products, recurrence, token shifts and the rest take, and what the products reach of their peak (random weights).",
            commands: [.bench]),
        Option(
            name: "competing", kind: .integer(0...1024, placeholder: "N"),
            help: "Measure generation a second time beside so many busy threads.", commands: [.bench]),
    ]

    private static let extensions = [
        Option(
            name: "extensions", kind: .list(placeholder: "NAME"),
            help: "Extensions to switch on, in this order. They run with all rights of this program.",
            commands: [.serve, .generate, .models, .bench, .extension]),
        Option(
            name: "extension-dir", kind: .text(placeholder: "FOLDER"),
            help: "Folder with the extensions (default: extensions).",
            commands: [.serve, .generate, .models, .bench, .extension]),
    ]

    private static let other = [
        Option(
            name: "settings", kind: .text(placeholder: "FILE"),
            help: "File with defaults for all of this (default: settings.json).",
            commands: [.serve, .generate, .models, .bench, .devices, .extension]),
        Option(name: "verbose", kind: .toggle, help: "Log more, prompts included.", commands: running),
        Option(
            name: "json", kind: .toggle, help: "Print JSON instead of a table.", commands: [.models, .inspect, .bench, .devices]),
        Option(name: "help", kind: .toggle, help: "Show this help.", commands: Set(Command.allCases)),
        Option(name: "version", kind: .toggle, help: "Show the version.", commands: Set(Command.allCases)),
    ]
}
