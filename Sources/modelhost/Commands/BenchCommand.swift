import Foundation
import HostCompute
import HostComputeCPU
import HostComputeCUDA
import HostCore
import HostGeneration
import HostModels
import HostTokenizers
import RWKVModels

/// `modelhost bench`: how fast a model reads and writes, beside what the machine can do with the same instructions.
struct BenchCommand {
    private let settings: Settings
    private let options: BenchOptions
    private let kernels = Kernels.best()

    init(arguments: ParsedArguments, settings: Settings) throws {
        self.settings = settings
        options = try BenchOptions(arguments, settings: settings)
    }

    func run() async throws {
        let status = StatusLine()
        let subject = try await prepare(status)
        status.show("the machine's limits")
        let pool = ThreadPool(threads: options.threads)
        var report = BenchReport(
            subject: subject.name, instructionSet: kernels.name, threads: pool.threadCount,
            competingThreads: options.competingThreads, limits: .measure(kernels, on: pool))
        for strategy in options.strategies {
            try await measure(strategy, of: subject, on: pool, into: &report) { status.show("\(strategy): \($0)") }
            try await measureParts(strategy, of: subject, on: pool, into: &report)
            try await measureTrace(strategy, of: subject, into: &report) { status.show("\(strategy): \($0)") }
            try await measureDrafts(strategy, of: subject, into: &report) { status.show("\(strategy): \($0)") }
        }
        status.clear()
        Terminal.out(options.printsJSON ? report.json.encoded(.pretty) : report.text)
    }

    /// What is measured, and how to load it anew.
    private struct Subject {
        let name: String
        let load: (LoadOptions) async throws -> LoadedModel
        /// The same with a clock at every operation.
        var loadTimed: ((LoadOptions) async throws -> (LoadedModel, StepClock))?
        /// The same with a record of all that the processor's threads do.
        var loadTraced: ((LoadOptions, PoolTrace) async throws -> LoadedModel)?
    }

    private func prepare(_ status: StatusLine) async throws -> Subject {
        switch options.subject {
        case .model(let name):
            let composition = try Composition(settings: settings, log: .silent)
            let entry = try await composition.catalog.entry(commandLine: name)
            guard let loader = entry.verdict.winner?.loader else { throw entry.verdict.refusal(of: name) }
            status.show("reading \(name)")
            PageCache.warm(entry.source.path)
            return Subject(name: name) { try await loader.load(entry.source, options: $0, progress: { _ in }) }
        case .random(let shape, let zeros):
            status.show("writing random weights")
            let weights = try RandomWeights(shape, zeros: zeros)
            let tokenizer: any Tokenizer =
                try options.tokenizerPath.map { path throws(LoadError) in try TokenizerFile.open(path: path) }
                ?? NumberTokenizer(vocabularySize: shape.vocabulary)
            guard tokenizer.vocabularySize <= shape.vocabulary else {
                throw UsageError(
                    "--tokenizer", "has \(tokenizer.vocabularySize) tokens, more than the \(shape.vocabulary) of the random weights")
            }
            let name = "random RWKV-\(shape.generation.rawValue) \(shape.layers)x\(shape.width)x\(shape.vocabulary)"
            func build(_ builder: RWKVModelBuilder, _ options: LoadOptions) async throws -> LoadedModel {
                let recipe = ModelRecipe(
                    checkpoint: try weights.checkpoint(), tokenizer: tokenizer, promptFormat: PromptFormat())
                return try await builder.build(recipe, options: options, progress: { _ in })
            }
            return Subject(
                name: name,
                load: {
                    let devices = Composition.devices(log: Terminal.warnings)
                    return try await build(RWKVModelBuilder(log: .silent, devices: devices), $0)
                },
                loadTimed: {
                    let clock = StepClock(), timed = Composition.devices(log: Terminal.warnings).map { TimedDevices($0, clock) }
                    return (try await build(RWKVModelBuilder(log: .silent, devices: timed), $0), clock)
                },
                loadTraced: {
                    let devices = Composition.devices(log: Terminal.warnings, trace: $1)
                    return try await build(RWKVModelBuilder(log: .silent, devices: devices), $0)
                })
        }
    }

    private func measure(
        _ strategy: String, of subject: Subject, on pool: ThreadPool, into report: inout BenchReport,
        progress: @escaping (String) -> Void
    ) async throws {
        let loadOptions = loadOptions(strategy)
        progress("the cards' limits")
        let card = try measureCards(of: strategy, into: &report)
        var memory = PeakRecorder()
        progress("loading")
        let start = ContinuousClock.now
        let loaded = try await subject.load(loadOptions)
        let loadTime = ContinuousClock.now - start
        var first = [BatchEntry(tokens: [0], state: loaded.model.makeState(), output: .lastLogits)]
        try loaded.model.forward(&first)
        let firstTokenTime = ContinuousClock.now - start

        let test = SpeedTest(model: loaded.model, progress: progress)
        let prefillSeconds = try test.prefill(tokens: options.promptTokens)
        report.limits = report.limits.withArithmetic(kernels, on: pool)
        let peak = try peak(of: strategy, for: loaded, report)
        for batch in options.batchSizes {
            // A card has no neighbours; measuring it anew would take of the memory that is measured.
            let readBandwidth =
                card != nil
                ? nil
                : {
                    memory.aside { MachineLimits.readBandwidth(kernels, on: pool) }
                }
            let decode = try test.decode(batch: batch, steps: options.generatedTokens, readBandwidth: readBandwidth)
            memory.note()
            report.rows.append(
                BenchRow(
                    strategy: strategy, batch: batch, threads: report.threads, promptTokens: options.promptTokens,
                    prefillSeconds: prefillSeconds, decode: decode, competing: try decodeBesideOthers(test, batch: batch),
                    loadSeconds: loadTime / .seconds(1), firstTokenSeconds: firstTokenTime / .seconds(1),
                    peakBytes: memory.bytes, cost: loaded.info.cost, weightBytes: loaded.info.weightBytes,
                    zeros: options.zeros,
                    readBandwidth: card?.readBandwidth ?? decode.readBandwidth ?? report.limits.readBandwidth, peak: peak))
        }
    }

    private func peak(of strategy: String, for loaded: LoadedModel, _ report: BenchReport) throws -> BenchRow.Peak {
        let plans = try Strategy(parsing: strategy).resolve(blockCount: loaded.info.layerCount).dropLast()
        return BenchRow.Peak(of: plans, limits: report.limits, cards: report.cards)
    }

    /// Measures the cards of a strategy before anything is on them, and leaves nothing there.
    ///
    /// - Returns: the limits of the one card that holds all of a model.
    private func measureCards(of strategy: String, into report: inout BenchReport) throws -> CardLimits? {
        let devices = Set(try Strategy(parsing: strategy).stages.map(\.device))
        for device in devices.sorted(by: { $0.description < $1.description }) where device.isCard {
            if report.cards.contains(where: { $0.device == device }) { continue }
            report.cards.append(try CardReport(device, CUDADevice().meter(device)))
        }
        return devices.count == 1 ? report.cards.first { devices.contains($0.device) }?.limits : nil
    }

    /// Loads the model anew, with clocks in it; the one before has gone, so that the two are never in memory together.
    private func measureParts(
        _ strategy: String, of subject: Subject, on pool: ThreadPool, into report: inout BenchReport
    ) async throws {
        guard options.measuresParts, let loadTimed = subject.loadTimed else { return }
        let (timed, clock) = try await loadTimed(loadOptions(strategy))
        report.limits = report.limits.withArithmetic(kernels, on: pool)
        report.parts.append(
            try PartShares(
                strategy, of: timed, by: clock, prompt: options.promptTokens, steps: options.generatedTokens,
                peak: try peak(of: strategy, for: timed, report).operationsPerSecond))
    }

    /// Loads the model anew, and writes down what its threads do in some decoding steps.
    private func measureTrace(
        _ strategy: String, of subject: Subject, into report: inout BenchReport, progress: (String) -> Void
    ) async throws {
        guard let path = options.tracePath, let loadTraced = subject.loadTraced else { return }
        progress("tracing")
        let trace = PoolTrace(threads: report.threads, isAlone: options.tracesAlone)
        let loaded = try await loadTraced(loadOptions(strategy), trace)
        let found = try StepTrace(
            strategy, of: loaded.model, batch: options.batchSizes.first ?? 1, steps: min(options.generatedTokens, 32), by: trace,
            threads: report.threads)
        try Data(found.json.encodedBytes()).write(to: URL(filePath: path), options: .atomic)
        report.trace = found
    }

    /// Loads the model anew, and what guesses for it.
    private func measureDrafts(
        _ strategy: String, of subject: Subject, into report: inout BenchReport, progress: (String) -> Void
    ) async throws {
        guard options.measuresDrafts || options.draftShape != nil else { return }
        let loaded = try await subject.load(loadOptions(strategy))
        var draftModel: (any LanguageModel)?
        if let shape = options.draftShape {
            let recipe = ModelRecipe(
                checkpoint: try RandomWeights(shape).checkpoint(), tokenizer: loaded.tokenizer, promptFormat: PromptFormat())
            let builder = RWKVModelBuilder(log: .silent, devices: Composition.devices(log: Terminal.warnings))
            draftModel = try await builder.build(recipe, options: loadOptions(strategy), progress: { _ in }).model
        }
        report.drafts.append(
            try await DraftRates(
                strategy, of: loaded, length: options.draftTokens, draftModel: draftModel, threads: options.threads,
                progress: progress))
    }

    private func loadOptions(_ strategy: String) -> LoadOptions {
        var loadOptions = LoadOptions()
        loadOptions.strategy = strategy
        loadOptions.threads = options.threads
        loadOptions.compilesCUDAKernels = settings.isOn("rwkv-cuda-on")
        loadOptions.nvrtcPath = settings.text("nvrtc")
        return loadOptions
    }

    private func decodeBesideOthers(_ test: SpeedTest, batch: Int) throws -> SpeedTest.DecodeTimes? {
        guard options.competingThreads > 0 else { return nil }
        let load = CompetingLoad(threads: options.competingThreads)
        defer { load.stop() }
        return try test.decode(
            batch: batch, steps: options.generatedTokens, label: " beside \(options.competingThreads) busy threads")
    }
}

extension Device {
    fileprivate var isCard: Bool { if case .cuda = self { true } else { false } }
}
