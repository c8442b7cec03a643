import HostCore

/// What `modelhost bench` is to measure.
struct BenchOptions: Equatable {
    enum Subject: Equatable {
        case model(String)
        case random(RandomWeights.Shape)
    }

    let subject: Subject
    let strategies: [String]
    let promptTokens: Int
    let generatedTokens: Int
    let batchSizes: [Int]
    let threads: Int?
    let competingThreads: Int
    let printsJSON: Bool

    /// - Parameter settings: gives the model, the strategy and the threads that the command line leaves open.
    /// - Throws: `UsageError` or `StrategyError`.
    init(_ arguments: ParsedArguments, settings: Settings) throws {
        subject = try Self.subject(arguments, settings: settings)
        let strategies = settings.list("strategy")
        self.strategies =
            strategies.isEmpty ? settings.text("rwkv-strategy").map { [$0] } ?? ["cpu fp32", "cpu bf16"] : strategies
        for strategy in self.strategies { _ = try Strategy(parsing: strategy) }
        promptTokens = arguments.values["prompt"]?.intValue ?? 512
        generatedTokens = arguments.values["generate"]?.intValue ?? 64
        batchSizes = try Self.batchSizes(arguments.values["batch"]?.stringValue ?? "1,4,16")
        threads = settings.integer("threads")
        competingThreads = arguments.values["competing"]?.intValue ?? 0
        printsJSON = settings.isOn("json")
    }

    private static func subject(_ arguments: ParsedArguments, settings: Settings) throws(UsageError) -> Subject {
        guard let text = arguments.values["random-weights"]?.stringValue else {
            if let model = settings.text("model") { return .model(model) }
            throw UsageError(
                "modelhost bench", "needs --model NAME or --random-weights SHAPE", advice: "Try --random-weights 12x768x50277")
        }
        if arguments.values["model"] != nil {
            throw UsageError("--random-weights", "does not go with --model; give one of the two")
        }
        guard let shape = RandomWeights.Shape(text) else {
            throw UsageError(
                "--random-weights", "must be LAYERSxWIDTHxVOCABULARY, not \"\(text)\"",
                advice: "At most 200 layers, a width from 16 to 16384, a vocabulary up to 1000000; try 12x768x50277")
        }
        return .random(shape)
    }

    private static func batchSizes(_ text: String) throws(UsageError) -> [Int] {
        let sizes = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
        guard sizes.allSatisfy((1...512).contains) else {
            throw UsageError(
                "--batch", "must be numbers from 1 to 512 with commas between, not \"\(text)\"", advice: "Try --batch 1,4,16")
        }
        return sizes
    }
}
