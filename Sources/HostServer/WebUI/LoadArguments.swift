import HostCore

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
            try ModelName.check(value, field: "args.tokenizer")
            options.tokenizerPath = configuration.modelFolder.map { "\($0)/\(value)" } ?? value
        }
        if let value = try reader.string("initial_state") {
            try ModelName.check(value, field: "args.initial_state")
            options.initialStatePath = configuration.modelFolder.map { "\($0)/\(value)" } ?? value
        }
        return options
    }
}
