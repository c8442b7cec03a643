import HostCore
import HostFiles

/// The `args` of a load request: flags of this load, under the names of the command line.
enum LoadArguments {
    static let names = [
        "rwkv_strategy", "rwkv_cuda_on", "load_in_8bit", "cpu", "bf16", "threads", "tokenizer", "initial_state",
    ]

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
        if let value = try reader.string("initial_state") {
            options.initialStatePath = try file(value, field: "args.initial_state", in: configuration)
        }
        return options
    }

    /// The path of a file that a client names by its path below the model folder.
    private static func file(
        _ name: String, field: String, in configuration: HostServerConfiguration
    ) throws(APIError) -> String {
        try ModelName.check(name, field: field)
        guard let folder = configuration.modelFolder else { return name }
        let path = "\(folder)/\(name)"
        let rule = LinkRule(root: folder, allowsOutside: configuration.allowsOutsideLinks)
        if let refusal = rule.refusal(of: path) { throw APIError.invalid(field, "\(field): \(refusal).") }
        do {
            _ = try PlainFile(path)
        } catch {
            throw APIError.invalid(field, "\(field): \"\(name.shortened(to: 80))\" in the model folder: \(error.problem).")
        }
        return path
    }
}
