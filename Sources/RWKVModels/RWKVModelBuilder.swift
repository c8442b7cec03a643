// RWKVModels: the mathematics of RWKV, and the builder that loaders hand their tensors to.

import Foundation
package import HostCompute
package import HostCore

/// Canonical RWKV tensors + tokenizer + strategy → a model that generates.
package struct RWKVModelBuilder: ModelBuilder {
    private let log: Log
    private let kernels: Kernels
    private let availableMemory: @Sendable () -> Int?
    private let addressSpace: @Sendable () -> Int?
    private let wrap: @Sendable (any Backend) -> any Backend

    /// - Parameters:
    ///   - log: hears of weights that are NaN or infinite.
    ///   - kernels: the CPU's instruction set; tests pin one.
    ///   - availableMemory: bytes that may be used; nil when unknown, which allows everything.
    ///   - addressSpace: bytes that may be mapped under `ulimit`; nil without a limit.
    ///   - wrap: puts another backend around the one that computes, such as one with a clock.
    package init(
        log: Log = .silent, kernels: Kernels = .best(),
        availableMemory: @escaping @Sendable () -> Int? = { SystemMemory.available() },
        addressSpace: @escaping @Sendable () -> Int? = { SystemMemory().addressSpace },
        wrap: @escaping @Sendable (any Backend) -> any Backend = { $0 }
    ) {
        self.log = log
        self.kernels = kernels
        self.availableMemory = availableMemory
        self.addressSpace = addressSpace
        self.wrap = wrap
    }

    package func summary(of checkpoint: any Checkpoint) throws(LoadError) -> ProbeSummary {
        let shape = try ModelShape(of: checkpoint)
        return ProbeSummary(
            architecture: "RWKV-\(shape.generation.rawValue)", weightBytes: checkpoint.weightBytes,
            layerCount: shape.layerCount, hiddenSize: shape.hiddenSize, vocabularySize: shape.vocabularySize)
    }

    package func build(
        _ recipe: ModelRecipe, options: LoadOptions, progress: @escaping LoadProgressHandler
    ) async throws(LoadError) -> LoadedModel {
        let shape = try ModelShape(of: recipe.checkpoint)
        let plans = try layerPlans(options, blockCount: shape.layerCount)
        try checkMemory(recipe.checkpoint, shape: shape, plans: plans, threads: options.threads)
        if options.compilesCUDAKernels {
            log.warning("compiling CUDA kernels has no effect: every stage of the strategy is on the CPU")
        }
        let backend = CPUBackend(threads: options.threads, kernels: kernels)
        log.info(
            "RWKV-\(shape.generation.rawValue), \(shape.layerCount) layers of \(shape.hiddenSize): \(plans.summary), "
                + "\(kernels.name), \(backend.pool.threadCount) threads")
        let loader = WeightLoader(recipe.checkpoint, on: backend, progress: progress)
        let model = try makeModel(recipe, shape: shape, plans: plans, backend: wrap(backend), loader: loader)
        if !loader.nonFinite.isEmpty {
            log.warning(
                "\(loader.nonFinite.count) tensors hold NaN or infinity: \(list(loader.nonFinite)); "
                    + "generation will stop with an error when it reaches the output")
        }
        let info = ModelInfo(
            architecture: "RWKV", generation: shape.generation.rawValue, layerCount: shape.layerCount,
            hiddenSize: shape.hiddenSize, vocabularySize: shape.vocabularySize,
            plan: plans.summary + (recipe.initialState == nil ? "" : model.startText),
            weightBytes: [Device.cpu.description: loader.weightBytes], stateBytes: model.layout.count * 4,
            cost: cost(recipe.checkpoint, shape: shape, plans: plans))
        return LoadedModel(model: model, tokenizer: recipe.tokenizer, info: info, prompting: recipe.prompting)
    }

    private func makeModel(
        _ recipe: ModelRecipe, shape: ModelShape, plans: [LayerPlan], backend: any Backend, loader: WeightLoader
    ) throws(LoadError) -> RWKVModel {
        let epsilon = recipe.layerNormEpsilon
        let layout = StateLayout(shape: shape)
        let embedding = try Embedding(
            from: loader, rounding: shape.generation.parts.roundsEmbedding ? recipe.embeddingRounding : .none,
            epsilon: epsilon)
        var blocks: [Block] = []
        for number in 0..<shape.layerCount {
            blocks.append(
                try Block(
                    number, of: shape, from: loader, slots: layout.slots(layer: number), plan: plans[number], epsilon: epsilon))
        }
        let head = try Head(from: loader, plan: plans[shape.layerCount])
        let initialState = try InitialState(shape: shape, layout: layout).values(recipe.checkpoint, recipe.initialState)
        return RWKVModel(
            shape: shape, backend: backend, embedding: embedding, blocks: blocks, head: head,
            initialState: initialState, files: try loader.files())
    }
}

// MARK: What is to be loaded how

extension RWKVModelBuilder {
    /// A plan for each block and one for the head: the user's strategy, or fp32 arithmetic on the weights as stored.
    func layerPlans(_ options: LoadOptions, blockCount: Int) throws(LoadError) -> [LayerPlan] {
        let text = options.strategy ?? "cpu fp32"
        var plans: [LayerPlan]
        do {
            plans = try Strategy(parsing: text).resolve(blockCount: blockCount)
        } catch {
            throw LoadError(.unsupported, error.subject, error.problem, advice: error.advice)
        }
        if options.loadsIn8Bit {
            for index in plans.indices where plans[index].weights == .float { plans[index].weights = .int8 }
        }
        for plan in plans { try check(plan, of: text) }
        return plans
    }

    private func check(_ plan: LayerPlan, of text: String) throws(LoadError) {
        let subject = "strategy \"\(text)\""
        switch plan.device {
        case .cpu: break
        case .cuda:
            throw LoadError(
                .deviceUnavailable, subject,
                "\(plan.device) needs NVIDIA's driver, libcuda.so.1, which this version of the host does not open yet",
                advice: "Use \"cpu fp32\", \"cpu bf16\" or \"cpu fp32i8\"")
        case .mps, .dml:
            throw LoadError(
                .deviceUnavailable, subject, "\(plan.device) is no device of this host",
                advice: "Use \"cpu fp32\", \"cpu bf16\" or \"cpu fp32i8\"")
        }
    }

    /// Compares what the weights will take with what there is, before anything is allocated.
    private func checkMemory(
        _ checkpoint: any Checkpoint, shape: ModelShape, plans: [LayerPlan], threads: Int?
    ) throws(LoadError) {
        let needed = plannedBytes(checkpoint, shape: shape, plans: plans)
        if let available = availableMemory(), needed > available {
            throw tooLittle(needed, available, "are available", advice: "Use a smaller model, or eight-bit weights such as \"cpu fp32i8\"")
        }
        // Tables are used in the file, which is mapped by now; threads have stacks instead.
        let mapped = needed - tableBytes(checkpoint, shape: shape)
            + (threads ?? ProcessInfo.processInfo.activeProcessorCount) * Self.stackBytes
        if let left = addressSpace(), mapped > left {
            throw tooLittle(mapped, left, "are left by ulimit -v or -d", advice: "Raise that limit, or use a smaller model")
        }
    }

    /// What a thread's stack takes of the address space.
    private static let stackBytes = 8 << 20

    private func tooLittle(_ needed: Int, _ found: Int, _ what: String, advice: String) -> LoadError {
        var error = LoadError(
            .outOfMemory, "memory", "the model needs \(megabytes(needed)) and \(megabytes(found)) \(what)", advice: advice)
        error.shortage = needed - found
        return error
    }

    private func megabytes(_ bytes: Int) -> String { "\((bytes + 999_999) / 1_000_000) MB" }
}
