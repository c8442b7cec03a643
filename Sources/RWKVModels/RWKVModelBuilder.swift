// RWKVModels: the mathematics of RWKV, and the builder that loaders hand their tensors to.

package import HostCompute
package import HostCore

/// Canonical RWKV tensors + tokenizer + strategy → a model that generates.
package struct RWKVModelBuilder: ModelBuilder {
    private let log: Log
    private let providers: [any DeviceProvider]
    private let mergeAdapters: AdapterMerge

    /// Gives a checkpoint with adapters merged into it.
    package typealias AdapterMerge = @Sendable ([AdapterOption], any Checkpoint) throws(LoadError) -> any Checkpoint

    /// - Parameters:
    ///   - log: hears of weights that are NaN or infinite.
    ///   - devices: who opens what a strategy names; the first that has a device is asked.
    ///   - mergeAdapters: reads the adapters that a load names.
    package init(log: Log, devices: [any DeviceProvider], mergeAdapters: @escaping AdapterMerge = Self.refuseAdapters) {
        self.log = log
        self.mergeAdapters = mergeAdapters
        providers = devices
    }

    package static let refuseAdapters: AdapterMerge = { _, _ throws(LoadError) in
        throw LoadError(.unsupported, "adapter", "this host cannot merge adapters")
    }

    package func summary(of checkpoint: any Checkpoint) throws(LoadError) -> ProbeSummary {
        let shape = try ModelShape(of: checkpoint)
        var summary = ProbeSummary(
            architecture: "RWKV-\(shape.generation.rawValue)", weightBytes: checkpoint.weightBytes,
            layerCount: shape.layerCount, hiddenSize: shape.hiddenSize, vocabularySize: shape.vocabularySize)
        summary.shape = shape
        return summary
    }

    package func build(
        _ recipe: ModelRecipe, options: LoadOptions, progress: @escaping LoadProgressHandler
    ) async throws(LoadError) -> LoadedModel {
        let known = recipe.summary?.shape as? ModelShape
        let shape = if let known { known } else { try ModelShape(of: recipe.checkpoint) }
        var recipe = recipe
        if !options.adapters.isEmpty { recipe.checkpoint = try mergeAdapters(options.adapters, recipe.checkpoint) }
        // Where nothing is said, a device that is to be preferred to the CPU is tried first.
        if options.strategy == nil {
            for strategy in providers.compactMap({ $0.preferredStrategy() }) {
                do throws(LoadError) {
                    return try build(recipe, shape, options, strategy, progress)
                } catch {
                    if error.kind == .cancelled { throw error }
                    log.warning("\(strategy) is not taken, the CPU is: \(error)")
                }
            }
        }
        return try build(recipe, shape, options, options.strategy ?? Self.defaultStrategy, progress)
    }

    private func build(
        _ recipe: ModelRecipe, _ shape: ModelShape, _ options: LoadOptions, _ strategy: String,
        _ progress: @escaping LoadProgressHandler
    ) throws(LoadError) -> LoadedModel {
        let budget = try budget(recipe, shape, options, strategy: strategy), devices = budget.devices
        report(shape, devices, options)
        let tally = LoadTally(totalBytes: recipe.checkpoint.weightBytes, progress: progress)
        let model = try ModelAssembly(recipe: recipe, shape: shape, devices: devices, tally: tally).model()
        if !tally.nonFinite.isEmpty {
            log.warning(
                "\(tally.nonFinite.count) tensors hold NaN or infinity: \(list(tally.nonFinite)); "
                    + "generation will stop with an error when it reaches the output")
        }
        let info = ModelInfo(
            architecture: "RWKV", generation: shape.generation.rawValue, layerCount: shape.layerCount,
            hiddenSize: shape.hiddenSize, vocabularySize: shape.vocabularySize,
            plan: devices.plans.summary + options.adapterText + (recipe.initialState == nil ? "" : model.startText),
            weightBytes: Dictionary(uniqueKeysWithValues: tally.weightBytes.map { ($0.key.description, $0.value) }),
            stateBytes: model.layout.count * 4, cost: budget.cost)
        return LoadedModel(model: model, tokenizer: recipe.tokenizer, info: info, promptFormat: recipe.promptFormat)
    }

    private func report(_ shape: ModelShape, _ devices: ModelDevices, _ options: LoadOptions) {
        if options.compilesCUDAKernels, devices.all.allSatisfy({ $0.device == .cpu }) {
            log.warning("compiling CUDA kernels has no effect: every stage of the strategy is on the CPU")
        }
        if options.strategy == nil, devices.all.count == 1 {
            log.info("no strategy was given: \(Self.defaultStrategy), which computes in fp32 with the weights as stored")
        }
        let computing = devices.all.filter { backend in devices.plans.contains { $0.device == backend.device } }
        log.info(
            "RWKV-\(shape.generation.rawValue), \(shape.layerCount) layers of \(shape.hiddenSize): "
                + "\(devices.plans.summary), \(computing.map(\.summary).joined(separator: " and "))")
    }
}

extension LoadOptions {
    /// Which adapters are in the weights, for people.
    fileprivate var adapterText: String {
        adapters.map { " + \($0.path.split(separator: "/").last ?? "adapter")" }.joined()
    }
}

// MARK: What is to be loaded how

extension RWKVModelBuilder {
    /// What is taken where the user says nothing: fp32 arithmetic on the weights as stored.
    private static let defaultStrategy = "cpu fp32"

    /// Where each part of the model goes, with room for all of it.
    private func budget(
        _ recipe: ModelRecipe, _ shape: ModelShape, _ options: LoadOptions, strategy: String
    ) throws(LoadError) -> ModelBudget {
        let plans = try layerPlans(strategy, in8Bit: options.loadsIn8Bit, blockCount: shape.layerCount)
        let deviceOptions = DeviceOptions(
            threads: options.threads, compilesKernels: options.compilesCUDAKernels, compilerPath: options.nvrtcPath)
        let devices = try ModelDevices(for: plans, of: strategy, from: providers, deviceOptions)
        let budget = ModelBudget(checkpoint: recipe.checkpoint, shape: shape, devices: devices)
        try checkMemory(budget)
        return budget
    }

    /// A plan for each block and one for the head.
    func layerPlans(_ text: String, in8Bit: Bool, blockCount: Int) throws(LoadError) -> [LayerPlan] {
        var plans: [LayerPlan]
        do {
            plans = try Strategy(parsing: text).resolve(blockCount: blockCount)
        } catch {
            throw LoadError(.unsupported, error.subject, error.problem, advice: error.advice)
        }
        if in8Bit {
            for index in plans.indices where plans[index].weights == .float { plans[index].weights = .int8 }
        }
        return plans
    }

    /// Compares what the weights will take on each device with what there is, before anything is allocated.
    private func checkMemory(_ budget: ModelBudget) throws(LoadError) {
        for backend in budget.devices.all {
            let need = MemoryNeed(
                bytes: budget.plannedBytes[backend.device] ?? 0, inPlaceBytes: budget.inPlaceBytes(on: backend.device))
            guard let shortage = backend.shortage(for: need) else { continue }
            var error = LoadError(
                .outOfMemory, backend.device == .cpu ? "memory" : "memory of \(backend.device)",
                "the model needs \(megabytes(shortage.neededBytes)) and \(megabytes(shortage.foundBytes)) \(shortage.found)",
                advice: shortage.advice)
            error.shortage = shortage.neededBytes - shortage.foundBytes
            throw error
        }
    }

    private func megabytes(_ bytes: Int) -> String { "\((bytes + 999_999) / 1_000_000) MB" }
}
