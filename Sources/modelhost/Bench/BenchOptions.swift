import HostCore
import RWKVModels

/// What `modelhost bench` is to measure.
struct BenchOptions: Equatable {
    enum Subject: Equatable {
        case model(String)
        case random(RandomWeights.Shape, zeros: Double?)
    }

    let subject: Subject
    /// Of the inner channels, the share that squared ReLU leaves at zero, where that is known: of noise a half.
    var zeros: Double? { if case .random(_, let zeros) = subject { zeros ?? 0.5 } else { nil } }
    let strategies: [String]
    /// What is measured where no strategy is named.
    static let strategies = ["cpu fp32", "cpu bf16"]
    let promptTokens: Int
    let generatedTokens: Int
    let batchSizes: [Int]
    let threads: Int?
    let competingThreads: Int
    let printsJSON: Bool
    /// Whether the parts of a pass are timed one by one.
    let measuresParts: Bool
    /// Where the trace of decoding steps goes.
    let tracePath: String?
    /// Whether one thread runs what is cut for all of them.
    let tracesAlone: Bool
    /// Whether texts are written with drafts and without.
    let measuresDrafts: Bool
    /// The most tokens of a draft.
    let draftTokens: Int
    /// Random weights that guess for the others.
    let draftShape: RandomWeights.Shape?
    /// What makes tokens of texts where the weights are random.
    let tokenizerPath: String?

    /// - Parameter settings: gives the model, the strategy and the threads that the command line leaves open.
    /// - Throws: `UsageError` or `StrategyError`.
    init(_ arguments: ParsedArguments, settings: Settings) throws {
        subject = try Self.subject(arguments, settings: settings)
        let strategies = settings.list("strategy")
        self.strategies =
            strategies.isEmpty ? settings.text("rwkv-strategy").map { [$0] } ?? Self.strategies : strategies
        for strategy in self.strategies { _ = try Strategy(parsing: strategy) }
        promptTokens = settings.integer("prompt") ?? 0
        generatedTokens = settings.integer("generate") ?? 0
        batchSizes = try Self.batchSizes(settings.text("batch") ?? "")
        threads = settings.threads
        competingThreads = settings.integer("competing") ?? 0
        printsJSON = settings.isOn("json")
        measuresParts = settings.isOn("parts")
        tracePath = settings.text("trace")
        tracesAlone = settings.isOn("trace-alone")
        measuresDrafts = settings.isOn("drafts")
        draftTokens = settings.integer("draft-tokens") ?? 0
        tokenizerPath = settings.text("tokenizer")
        draftShape = try settings.text("draft-weights").map { [subject] text throws(UsageError) in
            try Self.draftShape(text, for: subject)
        }
        if measuresParts, case .model = subject {
            throw UsageError("--parts", "goes with --random-weights", advice: "Try --random-weights 24x2048x65536 --parts")
        }
        try checkTrace()
    }

    private static func subject(_ arguments: ParsedArguments, settings: Settings) throws(UsageError) -> Subject {
        let name = settings.text("generation") ?? ""
        guard let text = arguments.values["random-weights"]?.stringValue else {
            if settings.isGiven("generation") { throw UsageError("--generation", "goes with --random-weights; the file of a model states its own") }
            if arguments.values["zeros"] != nil {
                throw UsageError(
                    "--zeros", "goes with --random-weights", advice: "Try --random-weights 32x4096x65536 --zeros 0.85")
            }
            if let model = settings.text("model") { return .model(model) }
            throw UsageError(
                "modelhost bench", "needs --model NAME or --random-weights SHAPE", advice: "Try --random-weights 12x768x50277")
        }
        if arguments.values["model"] != nil {
            throw UsageError("--random-weights", "does not go with --model; give one of the two")
        }
        guard let generation = RWKVVersion(rawValue: name) else {
            throw UsageError(
                "--generation", "must be one of \(RWKVVersion.allCases.map(\.rawValue).joined(separator: ", ")), not \"\(name)\"")
        }
        guard let shape = RandomWeights.Shape(text, generation: generation) else {
            throw UsageError(
                "--random-weights", "must be LAYERSxWIDTHxVOCABULARY, not \"\(text)\"",
                advice: "At most 200 layers, a width from 16 to 16384, a vocabulary up to 1000000; try 12x768x50277")
        }
        return .random(shape, zeros: arguments.values["zeros"]?.doubleValue)
    }

    private func checkTrace() throws(UsageError) {
        guard tracePath != nil else {
            if tracesAlone { throw UsageError("--trace-alone", "goes with --trace", advice: "Try --trace steps.json --trace-alone") }
            return
        }
        if case .model = subject {
            throw UsageError("--trace", "goes with --random-weights", advice: "Try --random-weights 12x768x50277 --trace steps.json")
        }
        let advice = "Try --strategy \"cpu bf16\" --trace steps.json"
        guard strategies.count == 1 else { throw UsageError("--trace", "takes one strategy", advice: advice) }
        guard let stages = try? Strategy(parsing: strategies[0]).stages, stages.allSatisfy({ $0.device == .cpu }) else {
            throw UsageError("--trace", "takes a strategy of the processor alone; found \"\(strategies[0])\"", advice: advice)
        }
    }

    private static func draftShape(_ text: String, for subject: Subject) throws(UsageError) -> RandomWeights.Shape {
        guard case .random(let shape, _) = subject else {
            throw UsageError("--draft-weights", "goes with --random-weights", advice: "Try --random-weights 24x2048x50277")
        }
        guard let draft = RandomWeights.Shape(text, generation: shape.generation), draft.vocabulary == shape.vocabulary else {
            throw UsageError(
                "--draft-weights",
                "must be LAYERSxWIDTHxVOCABULARY with the vocabulary of --random-weights, "
                    + "\(shape.vocabulary), not \"\(text)\"")
        }
        return draft
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
