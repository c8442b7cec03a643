import Foundation
import HostCheckpoints
import HostCompute
import HostComputeCPU
import HostComputeCUDA
import HostCore
import HostExtensions
import HostFiles
import HostGeneration
import HostRuntime
import HostTokenizers
import RWKVLoaderHF
import RWKVLoaderPTH
import RWKVModels

/// The host's parts, put together; the only place that knows all of them.
struct Composition {
    let catalog: ModelCatalog
    let manager: ModelManager
    let extensions: ActiveExtensions
    /// How the memory for clients is divided.
    let memoryPlan: MemoryPlan
    /// Where requests reserve the memory they take.
    let memory: MemoryBudget
    private let stateFolder: StateFolder?

    /// Every kind of device that a strategy may name; a line each.
    static func devices(log: Log) -> [any DeviceProvider] {
        [
            CPUDevice(),
            CUDADevice(log: log),
        ]
    }

    init(settings: Settings, log: Log) throws {
        let registry = LoaderRegistry(
            modelBuilder: RWKVModelBuilder(log: log, devices: Composition.devices(log: log)), tokenizers: ColocatedTokenizers(), files: MappedFiles())
        try registry.register(HFLoader(builder: registry.modelBuilder))
        try registry.register(PTHLoader(builder: registry.modelBuilder))
        extensions = ExtensionActivation(
            folder: settings.extensionFolder, compiler: .ofThisProgram, registrar: registry, log: log
        ).activate(settings.list("extensions"), settings: settings.extensionParameters)

        var folder = ModelFolder(path: settings.modelFolder)
        folder.allowsOutsideLinks = settings.isOn("allow-links")
        catalog = ModelCatalog(folder: folder, registry: registry)
        var configuration = ModelManager.Configuration()
        configuration.maxLoadedModels = settings.integer("max-loaded-models") ?? 1
        configuration.isStrict = settings.isOn("strict-model")
        configuration.loadOptions = try settings.loadOptions()
        memoryPlan = settings.memoryPlan
        configuration.engine = settings.engine(within: memoryPlan)
        memory = MemoryBudget(limit: memoryPlan.requests)
        configuration.memory = memory
        PrivateFile.removeLeftovers(in: settings.namedStateFolder)
        stateFolder = settings.text("state-cache-dir").map {
            StateFolder(path: $0, capacity: settings.stateFolderBytes, log: log)
        }
        configuration.engine.stateFolder = stateFolder
        configuration.readInitialState = TunedState.read
        manager = ModelManager(catalog: catalog, configuration: configuration, log: log)
    }

    /// Writes the states that still wait to be kept, before the program ends.
    func finishStates() { stateFolder?.finish(within: .seconds(3)) }
}

extension ExtensionCompiler {
    static var ofThisProgram: ExtensionCompiler {
        .standard(
            environment: ProcessInfo.processInfo.environment, program: Bundle.main.executablePath ?? CommandLine.arguments[0])
    }
}

extension Settings {
    var extensionFolder: ExtensionFolder { ExtensionFolder(path: text("extension-dir") ?? "extensions") }

    var modelFolder: String { text("model-dir") ?? "models" }

    /// How tokens are chosen when a request does not say.
    var sampling: SamplingParameters {
        var sampling = SamplingParameters.everyday
        sampling.temperature = number("temperature") ?? sampling.temperature
        sampling.topP = number("top-p") ?? sampling.topP
        sampling.topK = integer("top-k") ?? sampling.topK
        return sampling
    }

    /// What every load starts from; a strategy text is checked here, before anything is looked up.
    func loadOptions() throws(StrategyError) -> LoadOptions {
        var options = LoadOptions()
        options.strategy = text("rwkv-strategy")
        if let strategy = options.strategy { _ = try Strategy(parsing: strategy) }
        // As the web UI decides: --cpu means fp32 whatever --bf16 says, and an explicit strategy wins over both.
        if options.strategy == nil, isOn("cpu") || isOn("bf16") {
            options.strategy = isOn("cpu") ? "cpu fp32" : "cpu bf16"
        }
        options.compilesCUDAKernels = isOn("rwkv-cuda-on")
        options.nvrtcPath = text("nvrtc")
        options.loadsIn8Bit = isOn("load-in-8bit")
        options.threads = integer("threads").flatMap { $0 > 0 ? $0 : nil }
        options.tokenizerPath = text("tokenizer")
        options.initialStatePath = initialStatePath
        return options
    }
}
