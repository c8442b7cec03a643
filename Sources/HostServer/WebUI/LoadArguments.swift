import HostCore
import HostFiles

/// The `args` of a load request: flags of this load, under the names of the command line.
enum LoadArguments {
    static let names = [
        "rwkv_strategy", "rwkv_cuda_on", "load_in_8bit", "cpu", "bf16", "threads", "tokenizer", "initial_state", "state",
        "loader", "adapter",
    ]

    /// What clients of the web UI and of this host call a loader; the contents of a file decide which it is.
    private static let loaders: Set<String> = ["rwkv", "transformers", "auto", "rwkv-hf", "rwkv-pth", ""]

    /// The start-up options with these arguments on top; nothing is kept from one load to the next.
    ///
    /// - Throws: for any unknown name; then nothing is applied.
    static func options(_ arguments: JSONObject, in configuration: HostServerConfiguration) throws(APIError) -> LoadOptions {
        if let unknown = arguments.keys.first(where: { !names.contains($0) }) {
            throw APIError.invalid(
                "args.\(unknown.prefix(64))",
                "args has the unknown name \"\(unknown.prefix(64))\"; known are \(names.joined(separator: ", ")).")
        }
        var options = configuration.loadOptions
        var reader = FieldReader(arguments)
        let strategy = try reader.string("rwkv_strategy")
        let cpu = try reader.bool("cpu") ?? false
        let bf16 = try reader.bool("bf16") ?? false
        if let strategy {
            options.strategy = strategy
        } else if cpu {
            // As on the command line, cpu wins over bf16.
            options.strategy = "cpu fp32"
        } else if bf16 {
            options.strategy = "\(configuration.defaultDevice) bf16"
        }
        if let value = try reader.bool("rwkv_cuda_on") { options.compilesCUDAKernels = value }
        if let value = try reader.bool("load_in_8bit") { options.loadsIn8Bit = value }
        if let value = try reader.int("threads", in: 0...configuration.maxThreads) { options.threads = value == 0 ? nil : value }
        if let value = try reader.string("tokenizer") {
            options.tokenizerPath = try file(value, field: "args.tokenizer", in: configuration)
        }
        for name in ["state", "initial_state"] {
            guard let value = try reader.string(name) else { continue }
            options.initialStatePath = try file(value, field: "args.\(name)", in: configuration)
        }
        if let loader = try reader.string("loader"), !loaders.contains(loader.lowercased()) {
            throw APIError.invalid(
                "args.loader",
                "args.loader \"\(loader.prefix(40))\" is not a loader of this host; leave it out, since the file's "
                    + "contents say which one it needs.")
        }
        if let value = arguments["adapter"]?.present { options.adapters = try adapters(value, in: configuration) }
        return options
    }

    /// A name, or a list of them, each perhaps with its α.
    private static func adapters(
        _ value: JSONValue, in configuration: HostServerConfiguration
    ) throws(APIError) -> [AdapterOption] {
        let field = "args.adapter", texts = (value.arrayValue ?? [value]).compactMap(\.stringValue)
        guard texts.count == value.arrayValue?.count ?? 1, texts.count <= maximumAdapters else {
            throw APIError.invalid(
                field,
                "\(field) must be the name of a file or folder below the model folder, or a list of at most \(maximumAdapters).")
        }
        var adapters: [AdapterOption] = []
        for text in texts {
            var adapter: AdapterOption
            do {
                adapter = try AdapterOption(parsing: text)
            } catch {
                throw APIError.invalid(field, "\(field): \(error.problem).")
            }
            adapter.path = try file(adapter.path, field: field, in: configuration, orFolder: true)
            adapters.append(adapter)
        }
        return adapters
    }

    private static let maximumAdapters = 8

    /// The path of a file that a client names by its path below the model folder.
    private static func file(
        _ name: String, field: String, in configuration: HostServerConfiguration, orFolder: Bool = false
    ) throws(APIError) -> String {
        try ModelName.check(name, field: field)
        guard let folder = configuration.modelFolder else { return name }
        let path = "\(folder)/\(name)"
        let rule = LinkRule(root: folder, allowsOutside: configuration.allowsOutsideLinks)
        if let refusal = rule.refusal(of: path) { throw APIError.invalid(field, "\(field): \(refusal).") }
        if orFolder, RealPath.of(path).flatMap(FolderEntry.init)?.kind == .folder { return path }
        do {
            _ = try PlainFile(path)
        } catch {
            throw APIError.invalid(field, "\(field): \"\(name.shortened(to: 80))\" in the model folder: \(error.problem).")
        }
        return path
    }
}
