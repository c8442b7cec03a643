import HostCore
import RWKVModels

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
    /// Whether the parts of a pass are timed one by one.
    let measuresParts: Bool

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
        measuresParts = settings.isOn("parts")
        if measuresParts, case .model = subject {
            throw UsageError("--parts", "goes with --random-weights", advice: "Try --random-weights 24x2048x65536 --parts")
        }
    }

    private static func subject(_ arguments: ParsedArguments, settings: Settings) throws(UsageError) -> Subject {
        let name = arguments.values["generation"]?.stringValue
        guard let text = arguments.values["random-weights"]?.stringValue else {
            if name != nil { throw UsageError("--generation", "goes with --random-weights; a model's own is told by its file") }
            if let model = settings.text("model") { return .model(model) }
            throw UsageError(
                "modelhost bench", "needs --model NAME or --random-weights SHAPE", advice: "Try --random-weights 12x768x50277")
        }
        if arguments.values["model"] != nil {
            throw UsageError("--random-weights", "does not go with --model; give one of the two")
        }
        guard let generation = RWKVVersion(rawValue: name ?? "4") else {
            throw UsageError(
                "--generation", "must be one of \(RWKVVersion.allCases.map(\.rawValue).joined(separator: ", ")), not \"\(name ?? "")\"")
        }
        guard let shape = RandomWeights.Shape(text, generation: generation) else {
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
